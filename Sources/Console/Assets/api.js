// Calls to the node that served the page. Every failure becomes a Problem that says what happened
// and what to do.

/** What went wrong with one call. */
export class Problem extends Error {
    constructor(status, body) {
        super(body.title ?? 'Something went wrong');
        this.title = this.message;
        this.status = status;
        this.code = body.code ?? '';
        this.detail = body.detail ?? '';
        this.body = body;
        this.hint = body.hint ?? HINTS[this.code] ?? HINTS[status] ?? '';
    }
    /** Whether the node may have done it all the same: nobody can tell from here. */
    get isUncertain() {
        return ['unreachable', 'unknown_outcome'].includes(this.code) || this.status === 504;
    }
}

const HINTS = {
    unreachable: 'Check your connection. The page tries again by itself.',
    unknown_outcome: 'Look at the conversation before you repeat it.',
    version_conflict: 'The page shows the newest state now. Try again if it still applies.',
    401: 'Sign in again.',
    403: 'Ask a manager of the project for the permission.',
    404: 'It may have been handed on or removed.',
    429: 'Wait a moment, then try again.',
    500: 'The node logged the details. Try again, or tell your administrator.',
    502: 'Try again in a moment.',
    503: 'The cluster has no majority or is busy. You can read; try again in a moment.',
    504: 'Look at the conversation before you repeat it.',
};

let onSignedOut = () => {};

// The newest log index that any answer carried: whichever node is asked next must have it.
let seen = 0;

/** The log index that the next node must have, too. */
export const seenIndex = () => seen;
/** A page that comes from another node has seen this. */
export function hasSeen(index) {
    seen = Math.max(seen, index);
}

/** Names who is told when the node no longer knows the browser. */
export function whenSignedOut(callback) {
    onSignedOut = callback;
}

/**
 * One call; gives { data, index }: the answer, and the log index that the node had applied. With an
 * `etag` the change is made only if nobody else has made one since.
 */
export async function call(method, path, body, { timeout = 20_000, etag } = {}) {
    const options = {
        method,
        credentials: 'same-origin',
        cache: 'no-store',
        headers: { Accept: 'application/json' },
        signal: AbortSignal.timeout(timeout),
    };
    if (seen > 0) options.headers['Roundhouse-At-Least'] = String(seen);
    if (method !== 'GET') {
        options.headers['Content-Type'] = 'application/json';
        options.body = JSON.stringify(body ?? {});
        if (etag) options.headers['If-Match'] = `"${etag}"`;
    }
    let response;
    let text;
    try {
        response = await fetch(`/api/v1${path}`, options);
        text = await response.text();
    } catch (error) {
        throw new Problem(0, {
            code: 'unreachable',
            title: error.name === 'TimeoutError' ? 'The node took too long' : 'No connection',
            detail: 'The node did not answer.',
        });
    }
    const data = parse(text);
    seen = Math.max(seen, Number(response.headers.get('Roundhouse-Index') ?? 0));
    if (!response.ok) {
        // A node that can't get there in time may still be read, and the next call has no demand.
        if (data?.code === 'behind') seen = 0;
        if (response.status === 401 && !path.startsWith('/sign-in')) onSignedOut();
        throw new Problem(response.status, {
            title: `The node answered ${response.status}`, ...data,
        });
    }
    return { data, index: Number(response.headers.get('Roundhouse-Index') ?? data?.index ?? 0) };
}

function parse(text) {
    if (!text) return null;
    try {
        return JSON.parse(text);
    } catch {
        return { detail: text.slice(0, 200) };
    }
}

/** What a call that was made elsewhere learned: nobody is signed in any more. */
export const signedOut = () => onSignedOut();

/** Reads. */
export const get = (path) => call('GET', path);
/** Creates or does. */
export const post = (path, body) => call('POST', path, body);
/** Replaces, if it is still as it was with this `etag`. */
export const put = (path, body, etag) => call('PUT', path, body, { etag });
/** Deletes. */
export const remove = (path) => call('DELETE', path);

/** Whether the node has a leader and is caught up: 'ready', 'readOnly' or 'unreachable'. */
export async function probe() {
    try {
        const options = { cache: 'no-store', signal: AbortSignal.timeout(6_000) };
        const response = await fetch('/readyz', options);
        return response.status === 503 ? 'readOnly' : 'ready';
    } catch {
        return 'unreachable';
    }
}
