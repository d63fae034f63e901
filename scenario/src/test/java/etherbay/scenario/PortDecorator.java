// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.FrameHandler;
import etherbay.base.MacAddress;

import org.jspecify.annotations.Nullable;

/** Passes everything on to a port; one that plants a bug overrides what it changes. */
abstract class PortDecorator implements EthernetPort {
    private final EthernetPort below;

    PortDecorator(EthernetPort below) {
        this.below = below;
    }

    final EthernetPort below() {
        return below;
    }

    @Override
    public String name() {
        return below.name();
    }

    @Override
    public MacAddress mac() {
        return below.mac();
    }

    @Override
    public void addSourceMac(MacAddress mac) {
        below.addSourceMac(mac);
    }

    @Override
    public void removeSourceMac(MacAddress mac) {
        below.removeSourceMac(mac);
    }

    @Override
    public int mtu() {
        return below.mtu();
    }

    @Override
    public boolean linkUp() {
        return below.linkUp();
    }

    @Override
    public void listen(Listener listener) {
        below.listen(listener);
    }

    @Override
    public void onFrames(FrameHandler handler) {
        below.onFrames(handler);
    }

    @Override
    public @Nullable Frame claim(int bytes) {
        return below.claim(bytes);
    }

    @Override
    public void commit(Frame frame) {
        below.commit(frame);
    }

    @Override
    public int poll(long nowNs) {
        return below.poll(nowNs);
    }

    @Override
    public void flush(long nowNs) {
        below.flush(nowNs);
    }

    @Override
    public boolean readyToIdle() {
        return below.readyToIdle();
    }

    @Override
    public long nextDeadlineNs() {
        return below.nextDeadlineNs();
    }

    @Override
    public void close() {
        below.close();
    }
}
