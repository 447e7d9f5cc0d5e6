/* The calendar of the console, drawn over the table of the same page. Whatever a drag asks for is said in words
   first, and done by the staff's JSON API; what the server refuses goes back to where it was. */
(() => {
  "use strict";
  const root = document.getElementById("desk-calendar");
  if (!root || !window.FullCalendar) return;
  const { events, changes, appointments, page, drawing } = root.dataset;
  const told = JSON.parse(drawing);

  const ask = document.getElementById("desk-ask");
  const said = document.getElementById("desk-said");
  const why = document.getElementById("desk-why");
  const NOBODY = "00000000-0000-0000-0000-000000000000";

  const element = (tag, text, cls) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (cls) made.className = cls;
    return made;
  };

  /* ---- the server, in JSON; a refusal becomes an Error with its sentence ---- */
  const call = async (address, options = {}) => {
    let answer;
    try {
      answer = await fetch(address, {
        credentials: "same-origin",
        headers: { Accept: "application/json", ...(options.body && { "Content-Type": "application/json" }) },
        ...options,
      });
    } catch {
      throw new Error("We could not reach the server. Nothing was changed.");
    }
    const found = await answer.json().catch(() => ({}));
    if (answer.ok) return found;
    if (answer.status === 401) throw new Error("You are signed out. Nothing was changed. Please sign in again.");
    const wrong = (found.errors || []).map((one) => one.detail || one.message).filter(Boolean);
    const sentence = [...wrong, found.detail, found.title].filter(Boolean)[0] || "That did not work.";
    throw new Error(answer.status === 409 ? `${sentence} It stays where it was.` : `${sentence} Nothing was changed.`);
  };
  const send = (address, body) => call(address, { method: "POST", body: JSON.stringify(body) });

  const say = (sentence, bad = false, more) => {
    const note = element("p", sentence, `note ${bad ? "bad" : "calm"}`);
    if (more) {
      const link = element("a", more.text);
      link.href = more.href;
      note.append(" ", link);
    }
    said.replaceChildren(note);
  };

  /* ---- the question before anything is done ---- */
  let keep = () => {};
  const close = () => {
    ask.hidden = true;
    keep = () => {};
  };
  const question = ({ title, words, reason, choices, leave }) => {
    keep();
    keep = leave;
    said.replaceChildren();
    document.getElementById("desk-title").textContent = title;
    document.getElementById("desk-words").replaceChildren(...words.map((one) => element("p", one)));
    why.value = "";
    why.parentElement.hidden = reason === "none";
    why.previousElementSibling.firstElementChild.textContent = reason === "needed" ? "" : " (you can skip this)";
    why.removeAttribute("aria-invalid");
    const buttons = choices.map(({ text, cls, act }) => {
      const button = element("button", text, `btn ${cls}`);
      button.type = "button";
      button.addEventListener("click", () => {
        if (reason === "needed" && !why.value.trim()) {
          why.setAttribute("aria-invalid", "true");
          why.focus();
          return;
        }
        buttons.forEach((one) => (one.disabled = true));
        act(why.value.trim() || null);
      });
      return button;
    });
    ask.lastElementChild.replaceChildren(...buttons);
    ask.hidden = false;
    ask.focus();
    ask.scrollIntoView({ block: "nearest" });
  };
  ask.addEventListener("keydown", (event) => {
    if (event.key === "Escape") keep();
  });

  /* ---- the wall clock: a named zone without a library has its clock in the UTC fields ---- */
  const pad = (number) => String(number).padStart(2, "0");
  const wallDay = (at) => `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`;
  const wallTime = (at) => `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}`;
  const inWords = (at, parts) => at.toLocaleString("en-US", { timeZone: "UTC", ...parts });
  const clock = (at) => inWords(at, { hour: "numeric", minute: "2-digit" }).toLowerCase();
  const fullDay = (at) => inWords(at, { weekday: "long", month: "long", day: "numeric" });
  const now = () => {
    const parts = new Intl.DateTimeFormat("sv-SE", {
      timeZone: told.zone, dateStyle: "short", timeStyle: "medium",
    }).format(new Date());
    return parts.replace(" ", "T");
  };

  /* ---- whose: everyone side by side is a row of days to the library, the first person's first ---- */
  const side = told.view === "everyone";
  const A_DAY = 86400000;
  const midnight = Date.parse(`${told.day}T00:00:00Z`);
  const whose = (at) => told.people[side ? Math.floor((at - midnight) / A_DAY) : 0];
  const dayOf = (at) => (side ? told.day : wallDay(at));
  const beside = (word, at) => (side ? `, ${word} ${whose(at).name}` : "");

  /* ---- what stands there ---- */
  const wall = (instant) => instant.slice(0, 19);
  const drawn = (mark) => ({
    start: wall(mark.start),
    /* Clocks that go back would end it before it began. */
    end: wall(mark.end) > wall(mark.start) ? wall(mark.end) : undefined,
    title: mark.reason ? `${mark.what}: ${mark.reason}` : mark.what,
    classNames: mark.kind.split(" ").map((one) => (one.startsWith("ev-") ? one : `ev-${one}`)),
    url: mark.appointment_id ? page.replace(NOBODY, mark.appointment_id) : undefined,
    startEditable: mark.movable,
    extendedProps: { appointment: mark.appointment_id, people: !["block", "opened"].includes(mark.kind) },
  });
  const background = (one) => ({
    start: wall(one.start), end: wall(one.end), display: "background", classNames: ["is-open"],
  });
  const readOf = async (who, from, days) => {
    const found = await call(`${events}?${new URLSearchParams({ practitioner_id: who.id, from, days })}`);
    return [...found.open.map(background), ...found.marks.map(drawn)];
  };
  /* What reaches over midnight would stand in the next person's column. */
  const inColumn = (number, at) => {
    const inDay = Math.min(Math.max(Date.parse(`${at}Z`), midnight), midnight + A_DAY);
    return new Date(inDay + number * A_DAY).toISOString().slice(0, 19);
  };
  const readSide = async (who, number) =>
    (await readOf(who, told.day, 1)).map((one) => ({
      ...one, start: inColumn(number, one.start), end: one.end && inColumn(number, one.end),
    }));
  const read = async ({ start, end }) => {
    if (side) return (await Promise.all(told.people.map(readSide))).flat();
    return readOf(told.people[0], wallDay(start), Math.max(1, Math.round((end - start) / A_DAY)));
  };

  /* ---- moving somebody: it is shown where it was dropped, and goes back unless that is confirmed ---- */
  const moved = async ({ event, revert }) => {
    const address = `${appointments}/${event.extendedProps.appointment}`;
    const who = whose(event.start);
    const back = () => {
      revert();
      close();
    };
    keep();
    keep = back;
    let plan;
    try {
      const query = new URLSearchParams({ practitioner_id: who.id, day: dayOf(event.start), at: wallTime(event.start) });
      plan = await call(`${address}/moving?${query}`);
    } catch (refusal) {
      back();
      say(refusal.message, true);
      return;
    }
    if (!plan.possible) {
      back();
      say(`${plan.rule} ${plan.who} keeps ${plan.was}.`, true);
      return;
    }
    keep = () => {};
    question({
      title: `Move ${plan.who} to ${plan.will_be}${beside("with", event.start)}?`,
      words: [`It is ${plan.was} now.`, ...(plan.rule ? [plan.rule] : []), ...plan.told],
      reason: plan.reason_needed ? "needed" : "may",
      leave: back,
      choices: [
        { text: "Yes, move it", cls: "", act: (reason) => move(address, who, plan, reason, revert) },
        { text: `Keep ${plan.was}`, cls: "second", act: back },
      ],
    });
  };
  const move = async (address, who, plan, reason, revert) => {
    try {
      await send(`${address}/move`, {
        start: plan.start, practitioner_id: who.id, reason, against_rules: Boolean(plan.rule),
      });
      say(`Moved to ${plan.will_be}.`);
    } catch (refusal) {
      revert();
      say(refusal.message, true);
    }
    close();
    calendar.refetchEvents();
  };

  /* ---- an empty stretch: block it, or open it ---- */
  const chosen = ({ start, end }) => {
    const who = whose(start);
    const leave = () => {
      calendar.unselect();
      close();
    };
    const act = (what) => (reason) => change({ who, start, end, what, reason });
    question({
      title: `${fullDay(side ? new Date(midnight) : start)}, ${clock(start)} to ${clock(end)}${beside("for", start)}`,
      words: ["Times that are booked stay as they are. Clients are not told."],
      reason: "may",
      leave,
      choices: [
        { text: "Block it", cls: who.open ? "second" : "", act: act("block") },
        ...(who.open ? [{ text: "Open it for booking", cls: "second", act: act("open") }] : []),
        { text: "Leave it", cls: "quiet", act: leave },
      ],
    });
  };
  const change = async ({ who, start, end, what, reason }) => {
    try {
      await send(changes, {
        practitioner_id: who.id, day: dayOf(start), from: wallTime(start), until: wallTime(end), what, reason,
      });
      say(what === "open" ? "Opened for booking." : "Blocked.", false, { text: "See it, or take it back", href: who.time });
    } catch (refusal) {
      say(refusal.message, true);
    }
    calendar.unselect();
    close();
    calendar.refetchEvents();
  };

  /* ---- the drawing ---- */
  const head = ({ date }) => {
    const link = element("a", "", "head");
    link.href = `${whose(date).page}&day=${dayOf(date)}`;
    if (side) link.append(whose(date).name);
    else link.append(element("span", inWords(date, { weekday: "short" })), " ", element("b", date.getUTCDate()));
    return { domNodes: [link] };
  };
  const inside = ({ event, isMirror, isStart }) => {
    if (event.display === "background") return { domNodes: [] };
    const begins = event.extendedProps.people && isStart ? `${clock(event.start).replace(/ .*/, "")} ` : "";
    const text = isMirror && !event.title ? `${clock(event.start)} to ${clock(event.end)}` : begins + event.title;
    const title = element("b", text, "fc-event-title");
    title.title = text; /* A narrow column ends it with an ellipsis. */
    return { domNodes: [title] };
  };
  const calendar = new FullCalendar.Calendar(root, {
    initialView: { day: "timeGridDay", week: "timeGridWeek", everyone: "people" }[told.view],
    views: { people: { type: "timeGrid", duration: { days: told.people.length }, dateAlignment: "day" } },
    initialDate: told.day,
    timeZone: told.zone,
    now: side ? "1970-01-01" : now, /* The columns are no days: none of them is today. */
    firstDay: 1,
    weekends: told.view !== "week" || told.weekend,
    headerToolbar: false,
    allDaySlot: false,
    height: "auto",
    slotMinTime: told.from,
    slotMaxTime: told.until,
    snapDuration: "00:15",
    nowIndicator: !side,
    slotEventOverlap: false,
    eventMinHeight: 24,
    dayHeaderContent: head,
    slotLabelContent: ({ date }) => inWords(date, { hour: "numeric" }).toLowerCase(),
    eventContent: inside,
    editable: true,
    eventStartEditable: false,
    eventDurationEditable: false,
    selectable: told.people.some((one) => one.block),
    selectAllow: ({ start, end }) => whose(start).block && wallDay(start) === wallDay(new Date(end - 1)),
    selectMirror: true,
    unselectAuto: false,
    selectMinDistance: 4,
    longPressDelay: 500,
    events: read,
    eventDrop: moved,
    select: chosen,
    eventSourceFailure: (refusal) => say(refusal.message, true),
  });

  /* ---- several columns want room: a narrow window has the table, and a wider one the drawing again ---- */
  const wide = matchMedia("(min-width: 48rem)");
  const show = () => {
    const drawn = told.view === "day" || wide.matches;
    if (!drawn) keep();
    root.hidden = !drawn;
    document.getElementById("desk-table").hidden = drawn;
    document.getElementById("desk-how").hidden = !drawn;
    if (drawn) calendar.render();
  };
  show();
  wide.addEventListener("change", show);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && ask.hidden) calendar.refetchEvents();
  });
})();
