"""Intake: the practice page, the screener, and what staff read of it.

Says:    intake.response.completed.v1, intake.contact.changed.v1,
         intake.communication.requested.v1, intake.task.assigned.v1, intake.person.erased.v1
Hears:   scheduler.appointment.booked.v1, scheduler.appointment.cancelled.v1
Pages:   / (the practice), /step/<n> (the form), /next (what follows); /staff/inquiries
Asks:    the scheduler, who works here and what is booked
Answers: who may book, how to reach a person, and what is to be sent (`/internal/...`)
Keeps:   questionnaires, responses with their answers, people and contacts, consents, decisions, and
         a log of every opening of a sealed answer that nobody can change
"""
