"""The catalogue of events, a file for each part: their names and fields are an interface, kept like one.

Fields named in `qtd.log.redact.OWN_SERVERS` hold addresses of our own servers and are shown in full. No event
has a field for a visitor's address, a token, a password or a request's parameters.
"""
