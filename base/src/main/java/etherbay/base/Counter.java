// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A number that one loop adds to and any thread may read. Wraps after 2^63. */
public final class Counter {
    private static final VarHandle VALUE;

    static {
        try {
            VALUE = MethodHandles.lookup().findVarHandle(Counter.class, "value", long.class);
        } catch (ReflectiveOperationException bug) {
            throw new LinkageError("the value of a counter", bug);
        }
    }

    private final String name;

    @SuppressWarnings("unused") // read and written through VALUE
    private long value;

    Counter(String name) {
        this.name = name;
    }

    /** Dotted, most significant word first: {@code frames.dropped.malformed}. */
    public String name() {
        return name;
    }

    /** Adds one. Only the owner loop writes. */
    public void increment() {
        add(1);
    }

    /** Adds {@code amount}. Only the owner loop writes. */
    public void add(long amount) {
        VALUE.setOpaque(this, (long) VALUE.getOpaque(this) + amount);
    }

    /** Sets a level, for what is not a count: frames retained, requests in flight. */
    public void set(long level) {
        VALUE.setOpaque(this, level);
    }

    /** The value as some recent moment saw it; any thread. */
    public long value() {
        return (long) VALUE.getOpaque(this);
    }
}
