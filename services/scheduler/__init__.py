"""The scheduler: who works here, when they see people, and who has which time.

Says: AppointmentBooked, AppointmentMoved, AppointmentCancelled, AppointmentRequested,
AppointmentReleased, TimeOffered. Hears: ContactChanged, JointPermissionEnded, PersonErased.
Pages: choosing a time and looking after it (`/t/...`, `/m/...`), and the console of the staff.
Tables: practitioner, schedule, availability, date_override, appointment_type, contact_copy,
invitation, appointment, participant, appointment_history, staff_account, staff_session,
staff_link, throttle.
"""
