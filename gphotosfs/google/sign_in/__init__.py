"""Who we are to Google: the client, the consent, and the tokens that it gave."""
