"""Engine http: replays entries through the bulk tracking API of a Matomo elsewhere, at least once each."""
