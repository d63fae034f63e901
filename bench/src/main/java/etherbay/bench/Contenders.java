// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Who takes part at a setting: we, the rivals that can, and the ceilings of what is possible. */
final class Contenders {
    static final String OURS = "etherbay";
    static final String VBLADE = "vblade";
    static final String REFERENCE = "reference";
    static final String GGAOED = "ggaoed";
    static final String FIO = "fio";
    static final String CEILING = "answer-only";

    /** What vblade keeps for initiators, and we too; its 16 by default lose what a window sends. */
    static final String BUFFERS = "256";

    private static final Address OUR_ADDRESS = new Address(1, 0);
    private static final Address VBLADE_ADDRESS = new Address(2, 0);
    private static final Address REFERENCE_ADDRESS = new Address(3, 0);
    private static final Address GGAOED_ADDRESS = new Address(4, 0);

    private final AoeContender.Place place;
    private final BackingFile file;
    private final List<Rival> rivals;
    private final Optional<Path> reference;

    private Contenders(
            AoeContender.Place place,
            BackingFile file,
            List<Rival> rivals,
            Optional<Path> reference) {
        this.place = place;
        this.file = file;
        this.rivals = List.copyOf(rivals);
        this.reference = reference;
    }

    /** Builds what must be built for them. */
    static Contenders prepare(AoeContender.Place place, BackingFile file, List<Rival> rivals) {
        boolean wanted = rivals.stream().anyMatch(rival -> rival.name().equals(REFERENCE));
        Optional<Path> reference =
                wanted ? Optional.of(ReferenceTarget.build(file.folder())) : Optional.empty();
        return new Contenders(place, file, rivals, reference);
    }

    /** In the order of an odd round. */
    List<Contender> at(Setting setting) throws IOException {
        List<Contender> all = new ArrayList<>();
        all.add(server(OURS, OUR_ADDRESS, ours(setting)));
        for (Rival rival : rivals) {
            switch (rival.name()) {
                case VBLADE ->
                    all.add(server(
                            VBLADE,
                            VBLADE_ADDRESS,
                            vblade(VBLADE_ADDRESS, file.path(), setting.flags())));
                case REFERENCE ->
                    reference
                            .filter(program -> setting.beside().contains(REFERENCE))
                            .ifPresent(program -> all.add(server(
                                    REFERENCE,
                                    REFERENCE_ADDRESS,
                                    ReferenceTarget.command(
                                            program, REFERENCE_ADDRESS, file.path()))));
                default -> {
                    if (setting.beside().contains(GGAOED)) {
                        all.add(server(GGAOED, GGAOED_ADDRESS, ggaoed(rival, setting)));
                    }
                }
            }
        }
        if (!rivals.isEmpty() && setting.beside().contains(FIO)) {
            all.add(new FioContender());
        }
        if (setting.beside().contains(CEILING)) {
            all.add(server(
                    CEILING, RespondCommand.ADDRESS, Processes.self("respond", Lab.INTERFACE)));
        }
        return all;
    }

    private AoeContender server(String name, Address address, List<String> command) {
        return new AoeContender(place, name, address, command);
    }

    private List<String> ours(Setting setting) {
        Path state = file.folder().resolve("state");
        List<String> command = Launcher.export(OUR_ADDRESS, file.path(), state, "-b", BUFFERS);
        return joined(command, setting.flags());
    }

    /** Debian's vblade for one file, with {@code flags} that it knows. */
    static List<String> vblade(Address address, Path file, List<String> flags) {
        List<String> command = joined(List.of("vblade", "-b", BUFFERS), flags);
        String shelf = String.valueOf(address.shelf());
        String slot = String.valueOf(address.slot());
        return joined(command, List.of(shelf, slot, Lab.INTERFACE, file.toString()));
    }

    private List<String> ggaoed(Rival rival, Setting setting) throws IOException {
        Path program = rival.program().orElseThrow();
        return Ggaoed.command(program, GGAOED_ADDRESS, file, setting.direct());
    }

    private static List<String> joined(List<String> first, List<String> second) {
        List<String> command = new ArrayList<>(first);
        command.addAll(second);
        return command;
    }
}
