/// HTTP plumbing: routes with their access rule, requests, replies, errors in the caller's shape
/// and
/// language.
/// Handlers of the rooms are plain blocking code on virtual threads; event loops only move bytes.
/// Knows no domain word: who may do what comes in as [io.vatio.kernel.Permission].
@NullMarked
package io.vatio.platform.http;

import org.jspecify.annotations.NullMarked;
