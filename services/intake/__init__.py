"""Intake: the practice page, the screener, and what staff read of it.

Says:    intake.response.completed.v1, intake.contact.changed.v1
Hears:   scheduler.appointment.booked.v1, scheduler.appointment.cancelled.v1
Pages:   / (the practice), /step/<n> (the form), /next (what follows); /staff/inquiries
Asks:    the scheduler, who works here and what is booked
Answers: who may book, and how to reach a person (`/internal/...`)
Keeps:   questionnaires, responses with their answers, people and contacts, consents, decisions, and
         a log of every opening of a sealed answer that nobody can change
"""
