// SPDX-License-Identifier: Apache-2.0
/**
 * The server that a node is asked by: Jetty beneath, routes, tokens, the stream and the console.
 */
@org.jspecify.annotations.NullMarked
package etherbay.admin.http;
