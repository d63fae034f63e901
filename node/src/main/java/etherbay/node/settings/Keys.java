// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.target.AccessRules;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Every key of a settings file by the table that it stands in; docs/settings.md explains them. */
final class Keys {
    static final String STATE = "state";
    static final String DEVICES = "devices";
    static final String DEFAULTS = "defaults";
    static final String ACL = "acl";
    static final String INTERFACE = "interface";
    static final String EXPORT = "export";
    static final String API = "api";
    static final String NODES = "nodes";
    static final String DISK = "disk";
    static final String MIRROR = "mirror";
    static final String VOLUME = "volume";

    static final String LISTEN = "listen";
    static final String CERTIFICATE = "certificate";
    static final String KEY = "key";
    static final String TOKENS = "tokens";

    static final String MTU = "mtu";
    static final String BUFFERS = "buffers";

    static final String SHELF = "shelf";
    static final String SLOT = "slot";
    static final String PATH = "path";
    static final String UUID = "uuid";
    static final String OFFSET = "offset";
    static final String LENGTH = "length";

    static final String INTERFACES = "interfaces";
    static final String QUEUE_LENGTH = "queue-length";
    static final String SECTORS = "sectors";
    static final String DIRECT_IO = "direct-io";
    static final String WRITE_CACHE = "write-cache";
    static final String TRACE_IO = "trace-io";
    static final String TRACE_FILE = "trace-file";
    static final String BROADCAST = "broadcast";
    static final String READ_ONLY = "read-only";
    static final String DENY = "deny";
    static final String ACCEPT = "accept";
    static final String POLICY = "policy";
    static final String RIGHTS = "rights";
    static final String MAX_FRAME_AGE = "max-frame-age";

    static final String ADDRESS = "address";
    static final String FAIL_AFTER = "fail-after";
    static final String NAME = "name";
    static final String LEGS = "legs";
    static final String LEG_TIMEOUT = "leg-timeout";
    static final String SLOW_TIMEOUT = "slow-timeout";
    static final String SYNC_RATE = "sync-rate";
    static final String NBD = "nbd";
    static final String NBD_NAME = "nbd-name";
    static final String TLS = "tls";
    static final String TLS_DIR = "tls-dir";

    static final List<String> OF_FILE = List.of(
            NAME, STATE, DEVICES, API, NODES, DEFAULTS, ACL, INTERFACE, EXPORT, DISK, MIRROR,
            VOLUME);

    /** What can be applied; the others say what the machine is, and stand in the file alone. */
    static final List<String> OF_APPLIED = List.of(DEFAULTS, ACL, EXPORT, DISK, MIRROR, VOLUME);

    static final List<String> OF_API = List.of(LISTEN, CERTIFICATE, KEY, TOKENS);
    static final List<String> OF_NODE = List.of(ADDRESS, CERTIFICATE);
    static final List<String> OF_INTERFACE = List.of(MTU, BUFFERS);

    /** How an export is served: in {@code [defaults]} and in {@code [[export]]}. */
    static final List<String> OF_DEFAULTS = List.of(
            INTERFACES,
            QUEUE_LENGTH,
            SECTORS,
            DIRECT_IO,
            WRITE_CACHE,
            TRACE_IO,
            TRACE_FILE,
            BROADCAST,
            READ_ONLY,
            DENY,
            ACCEPT,
            POLICY,
            RIGHTS,
            MAX_FRAME_AGE);

    /** Address and backing: each export has its own. */
    static final List<String> OF_ONE_EXPORT = List.of(SHELF, SLOT, PATH, UUID, OFFSET, LENGTH);

    static final List<String> OF_EXPORT = both(OF_ONE_EXPORT, OF_DEFAULTS);

    /** Where something that is held is offered to others. */
    static final List<String> OF_FRONT = List.of(NBD, NBD_NAME, TLS, TLS_DIR, READ_ONLY);

    static final List<String> OF_ONE_DISK = List.of(ADDRESS, INTERFACES, FAIL_AFTER);
    static final List<String> OF_ONE_MIRROR =
            List.of(NAME, LEGS, INTERFACES, LEG_TIMEOUT, SLOW_TIMEOUT, SYNC_RATE);
    static final List<String> OF_ONE_VOLUME = List.of(PATH, DIRECT_IO);

    static final List<String> OF_DISK = both(OF_ONE_DISK, OF_FRONT);
    static final List<String> OF_MIRROR = both(OF_ONE_MIRROR, OF_FRONT);
    static final List<String> OF_VOLUME = both(OF_ONE_VOLUME, OF_FRONT);

    static final List<String> OF_RIGHTS = List.of(AccessRules.Right.values()).stream()
            .map(right -> right.name().toLowerCase(Locale.ROOT))
            .toList();

    /** By what a person calls the table. */
    static final Map<String, List<String>> BY_TABLE = Map.of(
            "[api]", OF_API,
            "[nodes.NAME]", OF_NODE,
            "[interface.NAME]", OF_INTERFACE,
            "[[export]]", OF_EXPORT,
            "[[disk]]", OF_DISK,
            "[[mirror]]", OF_MIRROR,
            "[[volume]]", OF_VOLUME,
            "rights", OF_RIGHTS);

    private Keys() {}

    private static List<String> both(List<String> a, List<String> b) {
        List<String> all = new ArrayList<>(a);
        all.addAll(b);
        return List.copyOf(all);
    }
}
