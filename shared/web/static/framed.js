/* Inside a frame on another site: tells how high the card is, and leaves the whole window at once. */
(() => {
  "use strict";
  const tell = () => {
    const softstartHeight = Math.ceil(document.body.getBoundingClientRect().height);
    /* A number that anyone may know; which site frames us is for the header to say. */
    if (parent !== window) parent.postMessage({ softstartHeight }, "*");
  };
  new ResizeObserver(tell).observe(document.body);
  tell();

  const exit = document.querySelector("a[data-exit]");
  const leave = () => {
    document.body.hidden = true;
    top.location.replace(exit.href);
  };
  exit.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  let presses = [];
  addEventListener("keydown", (event) => {
    presses = event.key === "Escape" ? [...presses.filter((at) => event.timeStamp - at < 5000), event.timeStamp] : [];
    if (presses.length >= 3) leave();
  });
})();
