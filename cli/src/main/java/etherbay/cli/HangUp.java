// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.concurrent.Semaphore;

/**
 * SIGHUP as a request to read the settings again, instead of the end that the JVM makes of it.
 * Several that come while one is being served are one. The JDK's class for signals ({@code
 * sun.misc.Signal}, module jdk.unsupported) is reached by reflection, because the compiler warns of
 * it and no other way exists.
 */
final class HangUp {
    private final Semaphore asked = new Semaphore(0);
    private final boolean ignored;

    /** From now on the signal no longer ends the process. */
    HangUp() {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object listener = Proxy.newProxyInstance(
                    handler.getClassLoader(), new Class<?>[] {handler}, this::handle);
            Object hangUp = signal.getConstructor(String.class).newInstance("HUP");
            Object before =
                    signal.getMethod("handle", signal, handler).invoke(null, hangUp, listener);
            ignored = Objects.equals(before, handler.getField("SIG_IGN").get(null));
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | NoSuchFieldException
                | InstantiationException
                | IllegalAccessException
                | InvocationTargetException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "this JVM does not hand SIGHUP on, so settings could not be reloaded",
                    String.valueOf(failure),
                    "start it without -Xrs, on a JDK that has the module jdk.unsupported");
        }
    }

    /** Whether it never comes: who started us had it ignored (nohup), and the JVM keeps to that. */
    boolean isIgnored() {
        return ignored;
    }

    private Object handle(Object proxy, Method method, Object[] arguments) {
        if (method.getName().equals("handle")) {
            asked.release();
            return true; // the method gives nothing back
        }
        return switch (method.getName()) {
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> false; // nobody compares it
            default -> "HangUp";
        };
    }

    /** Waits for the next request. */
    void await() throws InterruptedException {
        asked.acquire();
        asked.drainPermits();
    }
}
