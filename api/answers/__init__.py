"""What the API says: the shape of every answer, with its meaning and an example, as the OpenAPI document shows it."""
