"""`tidings erase`: a person is taken out of all that an installation keeps."""
