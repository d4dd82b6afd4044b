"""What the API shows: types, enums, inputs."""
