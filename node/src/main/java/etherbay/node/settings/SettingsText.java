// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.admin.PeerSpec;
import etherbay.base.MacAddress;
import etherbay.initiator.RemoteDiskSettings;
import etherbay.node.ApiSpec;
import etherbay.node.BackingName;
import etherbay.node.ExportSpec;
import etherbay.node.InterfaceSettings;
import etherbay.node.NodeSettings;
import etherbay.node.held.HeldSpec;
import etherbay.target.AccessRules;
import etherbay.target.AccessRules.Right;
import etherbay.target.ExportSettings;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Effective settings as a settings file: every default written out, every list of addresses
 * resolved. {@link SettingsFile} reads equal settings from it. Only what follows from the disk is
 * left out: {@code direct-io} where nobody set it.
 */
public final class SettingsText {
    private final StringBuilder text = new StringBuilder();

    private SettingsText() {}

    /** Settings as a file would say them. */
    public static String of(NodeSettings settings) {
        SettingsText written = new SettingsText();
        settings.nodes().name().ifPresent(name -> written.key(Keys.NAME, Value.quoted(name)));
        written.key(Keys.STATE, Value.quoted(settings.state().toString()));
        List<String> devices =
                settings.places().named().stream().map(BackingName::toString).toList();
        if (!devices.isEmpty()) {
            written.key(Keys.DEVICES, list(devices));
        }
        if (!settings.api().equals(ApiSpec.NONE)) {
            written.api(settings.api());
        }
        settings.nodes().all().forEach(written::node);
        settings.interfaces().forEach(written::interfaceTable);
        written.tables(settings);
        return written.text.toString();
    }

    /** The same without what says where the node runs: as it can be applied. */
    public static String ofApplied(NodeSettings settings) {
        SettingsText written = new SettingsText();
        written.tables(settings);
        return written.text.toString();
    }

    private void tables(NodeSettings settings) {
        settings.exports().forEach(this::export);
        settings.held().forEach(this::held);
    }

    private void key(String key, Object value) {
        text.append(key).append(" = ").append(value).append('\n');
    }

    private void table(String header) {
        text.append('\n').append(header).append('\n');
    }

    private void api(ApiSpec api) {
        table("[api]");
        api.listen().ifPresent(at -> key(Keys.LISTEN, Value.quoted(ApiSpec.text(at))));
        api.certificate().ifPresent(file -> path(Keys.CERTIFICATE, file));
        api.key().ifPresent(file -> path(Keys.KEY, file));
        api.tokens().ifPresent(file -> path(Keys.TOKENS, file));
    }

    private void node(PeerSpec peer) {
        table("[nodes." + Value.quoted(peer.name()) + "]");
        key(Keys.ADDRESS, Value.quoted(peer.address().toString()));
        path(Keys.CERTIFICATE, peer.file());
    }

    private void path(String key, Path file) {
        key(key, Value.quoted(file.toString()));
    }

    private void interfaceTable(InterfaceSettings settings) {
        table("[interface." + Value.quoted(settings.pattern()) + "]");
        key(Keys.MTU, settings.mtuMax() == 0 ? "\"auto\"" : settings.mtuMax());
        key(Keys.BUFFERS, settings.bufferBytes() / InterfaceSettings.BUFFER_BYTES);
    }

    private void export(ExportSpec spec) {
        ExportSettings settings = spec.settings();
        table("[[export]]");
        key(Keys.SHELF, settings.shelf());
        key(Keys.SLOT, settings.slot());
        backing(spec);
        key(Keys.INTERFACES, list(spec.interfaces()));
        key(Keys.QUEUE_LENGTH, settings.queueLength());
        key(Keys.SECTORS, settings.sectorsMax());
        spec.directIo().ifPresent(direct -> key(Keys.DIRECT_IO, direct));
        key(Keys.WRITE_CACHE, settings.writeCache() ? "\"on\"" : "\"off\"");
        key(Keys.TRACE_IO, settings.traceIo());
        spec.traceFile().ifPresent(file -> key(Keys.TRACE_FILE, Value.quoted(file.toString())));
        key(Keys.BROADCAST, settings.broadcast());
        key(Keys.READ_ONLY, settings.readOnly());
        access(settings.access());
        key(Keys.MAX_FRAME_AGE, settings.frameAgeNsMax() / Served.NS_PER_MS);
    }

    private void held(HeldSpec spec) {
        table("[[" + spec.kind() + "]]");
        switch (spec) {
            case HeldSpec.Disk disk -> {
                key(Keys.ADDRESS, Value.quoted(disk.name()));
                key(Keys.INTERFACES, list(disk.interfaces()));
                boolean never = disk.failAfterNs() == RemoteDiskSettings.NEVER;
                key(
                        Keys.FAIL_AFTER,
                        never ? Value.quoted(HeldReader.NEVER) : seconds(disk.failAfterNs()));
            }
            case HeldSpec.Mirror mirror -> {
                key(Keys.NAME, Value.quoted(mirror.name()));
                key(Keys.LEGS, list(mirror.legs()));
                key(Keys.INTERFACES, list(mirror.interfaces()));
                key(Keys.LEG_TIMEOUT, seconds(mirror.legTimeoutNs()));
                key(Keys.SLOW_TIMEOUT, seconds(mirror.slowTimeoutNs()));
                key(Keys.SYNC_RATE, mirror.syncMib());
            }
            case HeldSpec.Volume volume -> {
                key(Keys.PATH, Value.quoted(volume.name()));
                volume.directIo().ifPresent(direct -> key(Keys.DIRECT_IO, direct));
            }
        }
        spec.front().ifPresent(this::front);
        key(Keys.READ_ONLY, spec.readOnly());
    }

    private void front(HeldSpec.Front front) {
        key(Keys.NBD, Value.quoted(front.address().toString()));
        if (!front.name().isEmpty()) {
            key(Keys.NBD_NAME, Value.quoted(front.name()));
        }
        key(Keys.TLS, Value.quoted(front.tls().name().toLowerCase(Locale.ROOT)));
        front.tlsFolder().ifPresent(folder -> key(Keys.TLS_DIR, Value.quoted(folder.toString())));
    }

    /** Whole where it can be. */
    private static String seconds(long ns) {
        return ns % HeldReader.NS_PER_S == 0
                ? Long.toString(ns / HeldReader.NS_PER_S)
                : BigDecimal.valueOf(ns, 9).stripTrailingZeros().toPlainString();
    }

    private void backing(ExportSpec spec) {
        BackingName name = spec.backing();
        name.warnings().forEach(warning -> text.append("# ").append(warning).append('\n'));
        if (name.bare() instanceof BackingName.WithUuid(String uuid)) {
            key(Keys.UUID, Value.quoted(name.prefix() + uuid));
        } else {
            key(Keys.PATH, Value.quoted(name.toString()));
        }
        key(Keys.OFFSET, spec.offsetSectors());
        key(Keys.LENGTH, spec.lengthSectors());
    }

    private void access(AccessRules rules) {
        key(Keys.DENY, macs(rules.deny()));
        key(Keys.ACCEPT, macs(rules.accept()));
        key(Keys.POLICY, rules.acceptsOthers() ? "\"accept\"" : "\"reject\"");
        String rights = Arrays.stream(Right.values())
                .filter(rules.rights()::containsKey)
                .map(right -> right.name().toLowerCase(Locale.ROOT) + " = "
                        + macs(rules.rights().getOrDefault(right, List.of())))
                .collect(Collectors.joining(", "));
        if (!rights.isEmpty()) {
            key(Keys.RIGHTS, "{ " + rights + " }");
        }
    }

    private static String macs(List<MacAddress> macs) {
        return list(macs.stream().map(MacAddress::toString).toList());
    }

    private static String list(List<String> words) {
        return words.stream().map(Value::quoted).collect(Collectors.joining(", ", "[", "]"));
    }
}
