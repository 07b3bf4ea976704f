// What happens on the server: one stream for all tabs of this browser, where it has locks; else one for each.
const LOCK = "brushwork-live";

export function followEvents({ onEvent, onConnection }) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(LOCK) : null;
  let source = null;
  let isLost = false;
  let last = null;

  const tell = (message) => {
    channel?.postMessage(message);
    receive(message);
  };
  const receive = (message) => {
    if (message.kind === "connection") onConnection(message.data);
    else onEvent(message.kind, message.data);
  };
  const open = () => {
    source = new EventSource(`/api/v1/events${last === null ? "" : `?after=${last}`}`);
    source.onopen = () => {
      tell({ kind: "connection", data: true });
      if (isLost) tell({ kind: "reset", data: {} }); // a server that lost its power may count events anew
      isLost = false;
      pause = 1000;
    };
    source.onerror = () => {
      isLost = true;
      tell({ kind: "connection", data: false });
      if (source.readyState === EventSource.CLOSED) retry();
    };
    for (const kind of ["hello", "reset", "job", "painting", "worker", "setting"]) {
      source.addEventListener(kind, (event) => {
        last = event.lastEventId;
        tell({ kind, data: JSON.parse(event.data) });
      });
    }
  };
  let pause = 1000;
  const retry = () => {
    setTimeout(() => { if (source.readyState === EventSource.CLOSED) open(); }, pause);
    pause = Math.min(30000, 2 * pause);
  };
  if (channel) channel.onmessage = (event) => receive(event.data);
  if (channel && navigator.locks) {
    navigator.locks.request(LOCK, () => {
      open();
      return new Promise(() => {}); // until this tab is closed
    });
    receive({ kind: "hello", data: {} });
    return;
  }
  open();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source.close();
    else if (source.readyState === EventSource.CLOSED) open();
  });
}
