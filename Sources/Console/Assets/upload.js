// Sends one file to the node, and tells how far it is. The body is the file itself.

import { hasSeen, Problem, seenIndex, signedOut } from './api.js';

/** Longer than the node waits for 20 MB, in milliseconds. */
const PATIENCE = 400_000;

/**
 * Sends a file for a session's customer: { kind, caption, entities, confirm, key }. `onProgress`
 * gets the part that has left, from 0 to 1. Gives the outbox id, or throws a Problem.
 */
export function sendFile(session, file, wanted, onProgress) {
    const query = new URLSearchParams({ kind: wanted.kind, name: plainName(file.name) });
    if (wanted.caption) query.set('caption', wanted.caption);
    if (wanted.entities?.length) query.set('entities', JSON.stringify(wanted.entities));
    if (wanted.confirm) query.set('confirm', 'true');
    const request = new XMLHttpRequest();
    request.open('POST', `/api/v1/sessions/${session}/files?${query}`);
    request.timeout = PATIENCE;
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('Idempotency-Key', wanted.key);
    if (seenIndex() > 0) request.setRequestHeader('Roundhouse-At-Least', String(seenIndex()));
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    return new Promise((resolve, reject) => {
        const broken = (title) => reject(new Problem(0, {
            code: 'unreachable', title, detail: 'The node did not answer.',
        }));
        request.onerror = () => broken('No connection');
        request.ontimeout = () => broken('The node took too long');
        request.onload = () => {
            hasSeen(Number(request.getResponseHeader('Roundhouse-Index') ?? 0));
            const data = parse(request.responseText);
            if (request.status === 201) return resolve(data.outbox);
            if (request.status === 401) signedOut();
            return reject(new Problem(request.status, {
                title: `The node answered ${request.status}`, ...data,
            }));
        };
        request.send(file);
    });
}

/** A name that the node takes: of 255 bytes at most, without slashes and control characters. */
export function plainName(name) {
    let plain = (name || 'file').replace(/[/\\\u0000-\u001f\u007f]/g, '_');
    while (new TextEncoder().encode(plain).length > 255) {
        const dot = plain.lastIndexOf('.');
        const end = dot > 0 && plain.length - dot <= 12 ? plain.slice(dot) : '';
        plain = Array.from(plain.slice(0, plain.length - end.length)).slice(0, -1).join('') + end;
    }
    return plain;
}

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return {};
    }
}
