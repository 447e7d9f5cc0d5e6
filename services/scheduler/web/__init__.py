"""The doors: clients come by their links, staff by their session, programs by tokens."""
