"""Talks to Google: sign-in, the Library API, base URLs. The only package that speaks HTTP."""
