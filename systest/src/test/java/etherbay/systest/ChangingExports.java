// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.base.MacAddress;
import etherbay.base.Prng;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The exports e2.x of a settings file that somebody keeps editing: a model that says what the file
 * holds, and so what has to be served. Each has a disk of its own. One thread.
 */
final class ChangingExports {
    static final int SHELF = 2;
    static final int SLOT_COUNT = 12;
    private static final int DISK_COUNT = 9;
    private static final int COUNT_MIN = 3;
    private static final int COUNT_MAX = 8;
    private static final int SECTORS_MAX = 16;
    private static final int LENGTH_SECTORS = 8192;

    /** Of a disk; an export is a part of it that moves. */
    static final long DISK_SECTORS = 2L * LENGTH_SECTORS;

    /** What one edit does. The first four serve something where it was not served before. */
    enum Edit {
        ADD,
        MOVE,
        SECOND_INTERFACE,
        OTHER_INTERFACE,
        REMOVE,
        LEAVE_INTERFACE,
        SECTORS,
        WRITE_CACHE,
        ACCEPT,
        TRACE,
        FRAME_AGE,
        OFFSET,
        QUEUE_LENGTH,
        READ_ONLY,
        SWAP_DISKS
    }

    private static final int NEW_PLACE_EDIT_COUNT = 4;

    /** The keys of one export as they stand in the file, without its address. */
    private final Map<Integer, Map<String, String>> bySlot;

    private final Path folder;
    private final String nicOnly = "[\"eth0\"]";
    private final String segmentOnly;
    private final String both;
    private final Prng prng;
    private final Map<Edit, Integer> editCounts = new EnumMap<>(Edit.class);

    /**
     * @param folder of the disks and traces
     * @param segment the second interface
     */
    ChangingExports(Path folder, String segment, long seed) {
        this.folder = folder;
        segmentOnly = "[\"" + segment + "\"]";
        both = "[\"eth0\", \"" + segment + "\"]";
        prng = new Prng(seed);
        bySlot = new TreeMap<>();
        IntStream.range(0, COUNT_MIN + 2).forEach(slot -> bySlot.put(slot, exportOf(slot)));
    }

    private ChangingExports(ChangingExports other) {
        folder = other.folder;
        segmentOnly = other.segmentOnly;
        both = other.both;
        prng = other.prng.fork();
        bySlot = new TreeMap<>();
        other.bySlot.forEach((slot, keys) -> bySlot.put(slot, new LinkedHashMap<>(keys)));
    }

    /** One to edit on, for a file that will not be taken. */
    ChangingExports copy() {
        return new ChangingExports(this);
    }

    /** All disks, served or not. */
    List<Path> disks() {
        return IntStream.range(0, DISK_COUNT).mapToObj(this::disk).toList();
    }

    private Path disk(int number) {
        return folder.resolve("disk" + number);
    }

    Map<Edit, Integer> editCounts() {
        return editCounts;
    }

    // ---- what is to be served ----

    /** The names of all exports, in the order of their slots. */
    List<String> names() {
        return bySlot.keySet().stream().map(slot -> "e" + SHELF + "." + slot).toList();
    }

    /** What the status says of an export: in the words of the status. */
    Map<String, Object> expected(String name) {
        Map<String, String> keys = bySlot.get(Integer.parseInt(name.substring(3)));
        Map<String, Object> expected = new LinkedHashMap<>();
        expected.put("backing", unquoted(keys.get("path")));
        expected.put("sectors", (long) LENGTH_SECTORS);
        expected.put("writeCache", keys.get("write-cache").equals("\"on\""));
        expected.put("readOnly", keys.get("read-only").equals("true"));
        expected.put("traceIo", keys.get("trace-io").equals("true"));
        return expected;
    }

    private static String unquoted(String value) {
        return value.replace("\"", "");
    }

    /** How many interfaces an export is on. */
    int interfaceCount(String name) {
        return bySlot.get(Integer.parseInt(name.substring(3))).get("interfaces").equals(both)
                ? 2
                : 1;
    }

    /** Whether a client that is on the list {@code clients} hears of that slot on the NIC. */
    boolean isServedOnNic(int slot) {
        Map<String, String> keys = bySlot.get(slot);
        return keys != null
                && !keys.get("interfaces").equals(segmentOnly)
                && (keys.get("policy").equals("\"accept\"")
                        || keys.get("accept").contains("clients"));
    }

    /** Whether a client that is on no list hears of that slot on the segment. */
    boolean isServedOnSegment(int slot) {
        Map<String, String> keys = bySlot.get(slot);
        return keys != null
                && !keys.get("interfaces").equals(nicOnly)
                && keys.get("policy").equals("\"accept\"");
    }

    /**
     * These exports as part of a settings file.
     *
     * @param client the one on the list of those who are let in
     */
    String toToml(String client) {
        StringBuilder text = new StringBuilder();
        text.append("[acl]\nclients = [\"").append(client).append("\"]\n");
        text.append("strangers = [\"")
                .append(MacAddress.locallyAdministered(prng))
                .append("\"]\n");
        bySlot.forEach((slot, keys) -> {
            text.append("[[export]]\nshelf = %d\nslot = %d\n".formatted(SHELF, slot));
            keys.forEach((key, value) -> text.append(key + " = " + value + "\n"));
            if (slot % 2 == 0) {
                text.append("trace-file = \"%s\"\n".formatted(folder.resolve(slot + ".pcap")));
            }
        });
        return text.toString();
    }

    // ---- editing ----

    private Map<String, String> exportOf(int disk) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("path", "\"" + disk(disk) + "\"");
        keys.put("offset", "0");
        keys.put("length", "" + LENGTH_SECTORS);
        keys.put("interfaces", nicOnly);
        keys.put("sectors", "0");
        keys.put("write-cache", "\"on\"");
        keys.put("accept", "[]");
        keys.put("policy", "\"accept\"");
        keys.put("trace-io", "false");
        keys.put("max-frame-age", "500");
        keys.put("queue-length", "64");
        keys.put("read-only", "false");
        return keys;
    }

    /** Serves an export where it was not served before. */
    void editWithNewPlace() {
        edit(Edit.values()[prng.below(NEW_PLACE_EDIT_COUNT)]);
    }

    /** One to three edits that serve nothing where it was not served before. */
    void editInPlace() {
        int count = prng.between(1, 3);
        for (int i = 0; i < count; i++) {
            edit(Edit.values()[prng.between(NEW_PLACE_EDIT_COUNT, Edit.values().length - 1)]);
        }
    }

    /** Where an edit cannot be done, another one of its kind is. */
    private void edit(Edit edit) {
        int slot = anySlot();
        Map<String, String> keys = bySlot.get(slot);
        boolean onBoth = keys.get("interfaces").equals(both);
        Edit done = switch (edit) {
            case ADD -> bySlot.size() < COUNT_MAX ? edit : Edit.MOVE;
            case SECOND_INTERFACE, OTHER_INTERFACE -> onBoth ? Edit.MOVE : edit;
            case REMOVE -> bySlot.size() > COUNT_MIN ? edit : Edit.QUEUE_LENGTH;
            case LEAVE_INTERFACE -> onBoth ? edit : Edit.ACCEPT;
            default -> edit;
        };
        editCounts.merge(done, 1, Integer::sum);
        switch (done) {
            case ADD -> bySlot.put(freeSlot(), exportOf(freeDisk()));
            case MOVE -> {
                int target = freeSlot();
                bySlot.remove(slot);
                bySlot.put(target, keys);
            }
            case REMOVE -> bySlot.remove(slot);
            case SWAP_DISKS -> swapDisks(keys, bySlot.get(anySlot()));
            case SECOND_INTERFACE -> keys.put("interfaces", both);
            case OTHER_INTERFACE -> keys.put("interfaces", otherInterface(keys.get("interfaces")));
            case LEAVE_INTERFACE -> keys.put("interfaces", otherInterface(anyOf("", nicOnly)));
            case SECTORS -> keys.put("sectors", "" + prng.below(SECTORS_MAX + 1));
            case WRITE_CACHE -> keys.put("write-cache", anyOf("\"on\"", "\"off\""));
            case ACCEPT -> {
                keys.put("accept", anyOf("[\"clients\"]", "[\"strangers\"]"));
                keys.put("policy", anyOf("\"accept\"", "\"reject\""));
            }
            case TRACE -> toggle(keys, "trace-io");
            case FRAME_AGE -> keys.put("max-frame-age", "" + prng.between(400, 900));
            case OFFSET -> keys.put("offset", "" + prng.below(LENGTH_SECTORS));
            case QUEUE_LENGTH -> keys.put("queue-length", "" + prng.between(2, 128));
            case READ_ONLY -> toggle(keys, "read-only");
        }
    }

    private int anySlot() {
        List<Integer> slots = List.copyOf(bySlot.keySet());
        return slots.get(prng.below(slots.size()));
    }

    private int freeSlot() {
        List<Integer> free =
                new ArrayList<>(IntStream.range(0, SLOT_COUNT).boxed().toList());
        free.removeAll(bySlot.keySet());
        return free.get(prng.below(free.size()));
    }

    private int freeDisk() {
        List<String> taken =
                bySlot.values().stream().map(keys -> unquoted(keys.get("path"))).toList();
        return IntStream.range(0, DISK_COUNT)
                .filter(number -> !taken.contains(disk(number).toString()))
                .findFirst()
                .orElseThrow();
    }

    private String otherInterface(String one) {
        return one.equals(nicOnly) ? segmentOnly : nicOnly;
    }

    private String anyOf(String one, String other) {
        return prng.chance(0.5) ? one : other;
    }

    private static void toggle(Map<String, String> keys, String key) {
        keys.put(key, Boolean.toString(keys.get(key).equals("false")));
    }

    private static void swapDisks(Map<String, String> one, Map<String, String> other) {
        String path = one.get("path");
        one.put("path", other.get("path"));
        other.put("path", path);
    }
}
