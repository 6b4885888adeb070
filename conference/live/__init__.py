"""Whether an open page still holds: asked once a second, answered without showing anything."""
