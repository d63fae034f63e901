// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.admin.TaskKind;
import etherbay.admin.TaskRun;
import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.image.GuestImage;
import etherbay.guest.image.ImageDestination;
import etherbay.guest.image.ImageSource;
import etherbay.guest.image.Login;
import etherbay.guest.machine.GuestDisk;
import etherbay.guest.machine.GuestSpec;
import etherbay.linux.Linux;
import etherbay.mirror.AssemblyRequest;
import etherbay.mirror.Creation;
import etherbay.mirror.MirrorDetail;
import etherbay.mirror.MirrorSettings;
import etherbay.node.AttachedMirror;
import etherbay.node.NodeIdentity;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Makes a guest, as a task: its mirror, if that is not there yet, what stands on it, and what is
 * known of it. What fails or is cancelled leaves no guest; the mirror stays, and is named in the
 * task's log.
 */
final class GuestCreation implements TaskKind {
    private static final long WAIT_NS = 5_000_000_000L;
    private static final long LEG_TIMEOUT_NS = 1_000_000_000L;

    private final Guests guests;

    GuestCreation(Guests guests) {
        this.guests = guests;
    }

    @Override
    public String name() {
        return "guest-create";
    }

    @Override
    public boolean resumes() {
        return false;
    }

    @Override
    public void run(TaskRun run) throws InterruptedException {
        GuestOrder order = GuestOrder.of(run.arguments());
        Optional<GuestImage> image = order.image()
                .map(text -> new GuestImage(
                        ImageSource.of(text),
                        order.name(),
                        new Login(order.sshKey(), order.password())));
        if (image.isPresent() && image.get().wantsSeed()) {
            throw GuestVerbs.invalid(
                    "a cloud image sets itself up from a second disk",
                    "that would have to be on every node that the guest moves to, which is not"
                            + " built yet");
        }
        requireRight(order);
        image.ifPresent(GuestImage::checkSource);
        GuestDisk disk = order.mirror().isEmpty() ? made(order, run) : found(order);
        GuestSpec spec = order.spec(disk, guests.hypervisor().abilities());
        run.checkCancelled();
        guests.keeper().create(spec, record -> {
            if (image.isPresent()) {
                write(image.get(), disk, run);
            }
        });
        run.log("guest " + order.name() + " is made; etherbay guest start " + order.name());
    }

    /** What is wrong with it is said before anything is made. */
    private void requireRight(GuestOrder order) {
        guests.keeper().requireNew(order.name());
        GuestDisk wanted = new GuestDisk(order.mirror(), order.legs(), order.interfaces());
        var _ = order.spec(wanted, guests.hypervisor().abilities());
    }

    private void write(GuestImage image, GuestDisk disk, TaskRun run) {
        ImageDestination to =
                ImageDestination.nbd(guests.disks().socket(disk), guests.disks().bytes(disk));
        String[] last = {""};
        image.write(to, guests.parts().state(), (step, percent) -> {
            if (!step.equals(last[0])) {
                last[0] = step;
                run.log(step);
            }
            run.progress(percent, 100, "percent");
        });
    }

    private AttachedMirror.Options options(GuestOrder order, String mirror, boolean readOnly) {
        NodeIdentity node = guests.parts().node();
        return new AttachedMirror.Options(
                mirror,
                order.legs(),
                order.interfaces(),
                WAIT_NS,
                LEG_TIMEOUT_NS,
                MirrorSettings.of(node.id(), node.name()),
                new AssemblyRequest(
                        readOnly, false, false, node.id(), Linux.clock().wallMillis()),
                guests.parts().places().get());
    }

    /** A new mirror of these legs, by the guest's name. */
    private GuestDisk made(GuestOrder order, TaskRun run) {
        if (order.legs().size() < 2) {
            throw GuestVerbs.invalid(
                    "there is nothing to put guest " + order.name() + " on",
                    "a mirror of two disks on two nodes is wanted, or one that is there already");
        }
        List<UUID> ids =
                Stream.generate(UUID::randomUUID).limit(order.legs().size()).toList();
        AttachedMirror.create(
                options(order, order.name(), false),
                parts -> new Creation.Request(
                        order.name(),
                        UUID.randomUUID(),
                        ids,
                        order.assumeClean(),
                        true,
                        Linux.clock().wallMillis()),
                held -> requireEmpty(held, order.yes()),
                new Counters());
        run.log("mirror " + order.name() + " is made of " + String.join(", ", order.legs()));
        return new GuestDisk(order.name(), order.legs(), order.interfaces());
    }

    private static void requireEmpty(List<AttachedMirror.Held> held, boolean yes) {
        List<String> full = held.stream()
                .filter(leg -> !leg.what().isEmpty())
                .map(leg -> leg.name() + " holds " + leg.what())
                .toList();
        if (!full.isEmpty() && !yes) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "no mirror is made for the guest",
                    String.join("; ", full),
                    "if that may be lost: the same with --yes; nothing was written");
        }
    }

    /** One that is there; its legs are found now, so that every node finds the same. */
    private GuestDisk found(GuestOrder order) {
        String mirror = order.mirror();
        try (AttachedMirror opened =
                AttachedMirror.open(options(order, mirror, true), new Counters(), told -> {})) {
            MirrorDetail detail = opened.detail();
            opened.stopHere();
            return new GuestDisk(
                    mirror,
                    detail.legs().stream()
                            .filter(leg -> leg.slot() >= 0)
                            .map(MirrorDetail.LegDetail::name)
                            .toList(),
                    order.interfaces());
        }
    }
}
