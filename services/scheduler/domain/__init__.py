"""What can be computed about time and appointments: values in, values out, `now` an argument."""
