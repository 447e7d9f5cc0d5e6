/* What a page can do better with a script. Every page works without it; nothing is fetched from elsewhere. */
(() => {
  "use strict";

  /* ---- leaving fast: cover at once, then replace this page in the history ---- */
  const exit = document.querySelector("a[data-exit]");
  const leave = () => {
    const cover = document.createElement("div");
    cover.className = "covered";
    document.body.append(cover);
    document.title = "…";
    location.replace(exit.href);
  };
  if (exit) {
    exit.addEventListener("click", (event) => {
      event.preventDefault();
      leave();
    });
    let presses = [];
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") {
        presses = [];
        return;
      }
      presses = [...presses.filter((at) => event.timeStamp - at < 5000), event.timeStamp];
      if (presses.length >= 3) leave();
    });
  }

  /* Whether this is the first time in this tab. Where nothing may be stored, it never is. */
  const firstTime = (what) => {
    try {
      const first = !sessionStorage.getItem(what);
      sessionStorage.setItem(what, "1");
      return first;
    } catch {
      return false;
    }
  };

  /* ---- the person's own time zone: a cookie, read where times are shown. A zone they chose wins. ---- */
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const shown = document.querySelector("[data-zone-guess]");
  if (zone) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `zone=${encodeURIComponent(zone)}; Path=/; SameSite=Lax${secure}`;
    /* This page was written before we knew: ask for it once more, once. */
    if (shown && shown.dataset.zoneGuess !== zone && firstTime("zone-asked")) location.reload();
  }

  /* ---- what is wrong stands on top: begin there ---- */
  document.querySelector("[data-errors]")?.focus();

  /* ---- a held time: the clock time says it, the countdown helps; announced at 5, 2 and 1 minute ---- */
  for (const held of document.querySelectorAll("[data-held]")) {
    const left = held.querySelector("[data-left]");
    const announce = held.querySelector("[data-announce]");
    const bar = held.querySelector("progress");
    const end = Date.now() + Number(held.dataset.seconds) * 1000;
    let last = Infinity;
    const tick = () => {
      const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      const minutes = Math.floor(seconds / 60);
      const words = minutes ? held.dataset.minutesLeft : held.dataset.secondsLeft;
      left.textContent = seconds ? words.replace("{minutes}", minutes).replace("{seconds}", seconds % 60) : held.dataset.over;
      bar.value = seconds;
      for (const mark of [5, 2, 1]) {
        if (seconds <= mark * 60 && last > mark * 60 && last !== Infinity) {
          announce.textContent = mark === 1 ? held.dataset.minute : held.dataset.minutes.replace("{minutes}", mark);
        }
      }
      if (!seconds && last) announce.textContent = `${held.dataset.over} ${held.dataset.again}`;
      last = seconds;
      if (!seconds) clearInterval(timer);
    };
    const timer = setInterval(tick, 1000);
    document.addEventListener("visibilitychange", tick);
    tick();
  }

  /* ---- staff: a part that another service's page says; where it can't be had, the words and the link stay ---- */
  for (const part of document.querySelectorAll("[data-part]")) {
    fetch(part.dataset.part, { credentials: "same-origin" })
      .then((answer) => (answer.ok ? answer.text() : ""))
      .then((text) => {
        const found = new DOMParser().parseFromString(text, "text/html").querySelector(part.dataset.select);
        if (found) part.replaceChildren(...found.childNodes);
      })
      .catch(() => {});
  }
  /* ---- staff: what takes longer than a second says so ---- */
  if (document.body.classList.contains("staff")) {
    let patience;
    const word = document.createElement("p");
    word.className = "flash";
    word.setAttribute("role", "status");
    document.getElementById("main")?.prepend(word);
    word.hidden = true;
    document.addEventListener("submit", (event) => {
      clearTimeout(patience);
      patience = setTimeout(() => {
        if (event.defaultPrevented) return;
        word.hidden = false;
        word.textContent = "One moment. This takes a little longer.";
      }, 1000);
    });
    addEventListener("pageshow", () => {
      clearTimeout(patience);
      word.hidden = true;
    });
  }

  /* ---- staff: what is still under way is looked at again, until it is over ---- */
  for (const part of document.querySelectorAll("[data-again]")) {
    const look = () =>
      fetch(location.href, { credentials: "same-origin" })
        .then((answer) => (answer.ok ? answer.text() : ""))
        .then((text) => {
          const found = new DOMParser().parseFromString(text, "text/html").getElementById(part.id);
          if (!found) return;
          part.replaceChildren(...found.childNodes);
          if (found.dataset.again) setTimeout(look, Number(found.dataset.again) * 1000);
        })
        .catch(() => {});
    setTimeout(look, Number(part.dataset.again) * 1000);
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  /* ---- staff: a screen left alone closes; one in use stays open ---- */
  const { idle, presence, door } = document.body.dataset;
  if (idle) {
    let used = Date.now();
    let told = used;
    const touch = () => {
      used = Date.now();
      /* Typing asks nothing of the server, so tell it now and then that somebody is here. */
      if (used - told > 4 * 60 * 1000) {
        told = used;
        fetch(presence, { credentials: "same-origin", redirect: "manual" }).catch(() => {});
      }
    };
    for (const kind of ["pointerdown", "keydown", "scroll"]) addEventListener(kind, touch, { passive: true });
    setInterval(() => {
      if (Date.now() - used > Number(idle) * 1000) location.replace(door);
    }, 5000);
  }
})();
