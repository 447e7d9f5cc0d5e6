"""Tells people what is due, on the ways they allowed, once and on time.

Hears    intake.response.completed, intake.contact.changed,
         scheduler.appointment.booked, .moved, .cancelled, scheduler.waitlist.offered
Says     nothing: its outcomes are read by staff, not by services
Pages    /staff/messages (the log, every attempt, and what was said)
Tables   appointment_projection, appointment_copy, contact_copy, notification, attempt,
         attempt_event, provider_event, suppression, mailbox_message

A message is a row before it is anything else. Dramatiq only rings; the sweep finds what is due,
a claim makes it one worker's, an attempt is written down before the first byte leaves.
"""
