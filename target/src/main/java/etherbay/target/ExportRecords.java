// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import org.jspecify.annotations.Nullable;

import java.util.function.LongSupplier;

/**
 * What an export remembers, and where.
 *
 * @param state as {@link ExportState#opened} made it, already durable in {@code store}
 * @param writeLog null for none, which costs nothing
 * @param random the source of new incarnations
 */
public record ExportRecords(
        ExportState state, StateStore store, @Nullable WriteLog writeLog, LongSupplier random) {}
