"""What tests of several rooms share: fakes that are small programs."""
