"""Engine console: the plugin's own `queuedtracking:process`, run by our workers."""
