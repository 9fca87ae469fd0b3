// The WebSocket: what happens in the cluster, from the log index last seen. It reconnects with
// growing, random pauses and asks for what it missed.

const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 15_000;
const PROBE_EVERY = 20_000;
const SHOWN_EVERY = 5_000;

let hiddenAt = document.hidden ? Date.now() : null;

document.addEventListener('visibilitychange', () => {
    hiddenAt = document.hidden ? hiddenAt ?? Date.now() : null;
});

/** For how long the page has been hidden, so that a grace goes on where it was; null: it is not. */
export function hiddenSeconds() {
    return hiddenAt === null ? null : Math.max(0, Math.floor((Date.now() - hiddenAt) / 1000));
}

/** The page goes on for one at another node, which had been hidden for so long. */
export function wasHidden(seconds) {
    if (hiddenAt !== null && seconds > 0) hiddenAt = Date.now() - seconds * 1000;
}

/** One page's live connection. */
export class Live {
    /** `on` has message(object), state('connecting'|'live'|'lost') and probe(). */
    constructor(on) {
        this.on = on;
        this.after = 0;
        this.pause = FIRST_PAUSE;
        this.socket = null;
        this.timer = null;
        this.isStopped = true;
        this.shown = 0;
        this.reportedShown = 0;
        this.wake = () => this.hurry();
        this.page = () => this.report();
    }

    /** Opens the connection; everything after this log index is wanted. */
    start(after) {
        this.after = after;
        this.isStopped = false;
        window.addEventListener('online', this.wake);
        window.addEventListener('offline', this.wake);
        document.addEventListener('visibilitychange', this.page);
        this.heartbeat = setInterval(() => this.on.probe(), PROBE_EVERY);
        this.shownTimer = setInterval(() => {
            if (this.shown > this.reportedShown && !document.hidden) this.report();
        }, SHOWN_EVERY);
        this.open();
    }

    /** Closes for good. */
    stop() {
        this.isStopped = true;
        window.removeEventListener('online', this.wake);
        window.removeEventListener('offline', this.wake);
        document.removeEventListener('visibilitychange', this.page);
        clearInterval(this.heartbeat);
        clearInterval(this.shownTimer);
        clearTimeout(this.timer);
        this.drop();
    }

    /** The log index that the page has drawn. */
    didShow(index) {
        this.shown = Math.max(this.shown, index);
    }

    /** Tells the node whether the page is visible; it alone decides what follows from that. */
    report() {
        if (!document.hidden && !this.isOpen) this.hurry();
        this.reportedShown = this.shown;
        this.send({
            type: 'page',
            visible: !document.hidden,
            notifications: globalThis.Notification?.permission ?? 'denied',
            shown: String(this.shown),
        });
    }

    /** Sends if connected; what was not sent is reported afresh after the next hello. */
    send(message) {
        if (this.isOpen) this.socket.send(JSON.stringify(message));
    }

    /** Gives the connection up as dead and tries again soon. */
    fail() {
        if (this.isStopped) return;
        this.drop();
        this.retry();
    }

    get isOpen() {
        return this.socket?.readyState === WebSocket.OPEN;
    }

    open() {
        clearTimeout(this.timer);
        this.timer = null;
        const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
        const hidden = hiddenSeconds() === null ? '' : `&hidden=${hiddenSeconds()}`;
        const socket = new WebSocket(
            `${scheme}://${location.host}/api/v1/live?after=${this.after}${hidden}`);
        this.socket = socket;
        this.deadline = setTimeout(() => this.fail(), 10_000);
        socket.addEventListener('message', (event) => {
            if (this.socket === socket) this.received(JSON.parse(event.data));
        });
        socket.addEventListener('close', () => {
            if (this.socket === socket) this.fail();
        });
    }

    received(message) {
        if (message.type === 'hello') {
            clearTimeout(this.deadline);
            this.pause = FIRST_PAUSE;
            this.on.state('live');
            this.report();
        }
        this.on.message(message);
        if (message.type !== 'hello' && message.index !== undefined) {
            this.after = Math.max(this.after, Number(message.index));
            this.didShow(this.after);
        }
    }

    retry() {
        this.on.state('lost');
        if (this.timer) return;
        const pause = this.pause * (0.7 + 0.6 * Math.random());
        this.pause = Math.min(this.pause * 1.8, LONGEST_PAUSE);
        this.timer = setTimeout(() => this.open(), pause);
    }

    hurry() {
        if (this.isStopped) return;
        if (!navigator.onLine) this.fail();
        else if (!this.isOpen && this.timer) this.open();
        else if (this.isOpen) this.on.probe();
    }

    drop() {
        clearTimeout(this.deadline);
        const socket = this.socket;
        this.socket = null;
        socket?.close();
    }
}
