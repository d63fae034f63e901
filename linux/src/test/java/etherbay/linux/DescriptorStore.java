// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a service manager does with what it hears: keeps descriptors by their names. One thread. */
final class DescriptorStore implements AutoCloseable {
    private static final int BYTES_MAX = 4096;

    private final Path path;
    private final Arena arena = Arena.ofShared();
    private final long text = arena.allocate(BYTES_MAX).address();
    private final long control = arena.allocate(BYTES_MAX, Long.BYTES).address();
    private final long message = arena.allocate(Layouts.MMSGHDR).address();
    private final int fd;
    private final Map<String, Integer> stored = new LinkedHashMap<>();
    private final List<String> heard = new ArrayList<>();

    DescriptorStore(Path path) {
        this.path = path;
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        fd = Linux.expect(Libc.socket(Constants.AF_UNIX, Constants.SOCK_DGRAM, 0), "a unix socket");
        long sockaddr = arena.allocate(Layouts.SOCKADDR_UN).address();
        Memory.putShort(sockaddr, (short) Constants.AF_UNIX);
        Memory.putBytes(sockaddr + Short.BYTES, name);
        assertThat(Libc.bind(fd, sockaddr, Short.BYTES + name.length)).isZero();
        long vector = arena.allocate(Layouts.IOVEC).address();
        Memory.putLong(vector, text);
        Memory.putLong(vector + Layouts.at(Layouts.IOVEC, "iov_len"), BYTES_MAX);
        Memory.putLong(message + Layouts.at(Layouts.MSGHDR, "msg_iov"), vector);
        Memory.putLong(message + Layouts.at(Layouts.MSGHDR, "msg_iovlen"), 1);
        Memory.putLong(message + Layouts.at(Layouts.MSGHDR, "msg_control"), control);
    }

    Map<String, String> environment() {
        return Map.of("NOTIFY_SOCKET", path.toString());
    }

    /** What it keeps, with all that was told by now. */
    Map<String, Integer> stored() {
        while (receive()) {
            take(heard.getLast());
        }
        return stored;
    }

    /** All that was told. */
    List<String> heard() {
        stored();
        return heard;
    }

    private boolean receive() {
        Memory.putLong(message + Layouts.at(Layouts.MSGHDR, "msg_controllen"), BYTES_MAX);
        if (QuietLibc.recvmmsg(fd, message, 1, Constants.MSG_DONTWAIT, 0) != 1) {
            return false;
        }
        int bytes = Memory.getInt(message + Layouts.at(Layouts.MMSGHDR, "msg_len"));
        heard.add(new String(Memory.getBytes(text, bytes), StandardCharsets.UTF_8));
        return true;
    }

    private void take(String told) {
        String name = told.substring(told.indexOf("FDNAME=") + "FDNAME=".length());
        if (told.startsWith("FDSTORE=1\n")) {
            assertThat(Memory.getInt(control + Layouts.at(Layouts.CMSGHDR, "cmsg_type")))
                    .isEqualTo(Constants.SCM_RIGHTS);
            stored.put(name, Memory.getInt(control + Layouts.CMSGHDR.byteSize()));
        } else if (told.startsWith("FDSTOREREMOVE=1\n")) {
            Integer gone = stored.remove(name);
            if (gone != null) {
                Libc.close(gone);
            }
        }
    }

    @Override
    public void close() {
        stored().values().forEach(Libc::close);
        Libc.close(fd);
        arena.close();
    }
}
