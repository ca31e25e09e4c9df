"""What a request needs on its way to Google and back: slots, the quota, addresses, clients, judgement."""
