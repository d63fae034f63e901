// SPDX-License-Identifier: Apache-2.0
/** NBD: a server that serves any {@code BlockDevice}, and a client that is one. */
@org.jspecify.annotations.NullMarked
package etherbay.nbd;
