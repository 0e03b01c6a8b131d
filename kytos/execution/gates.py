"""Steering under way: whose new pods are gated, nominated and let go; and no gate left behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kytos.execution.endings import NotAllowedError
from kytos.execution.expected import Expected
from kytos.execution.moves import Moves, Stand, node_of, nominated_of
from kytos.kube.api import Object, RefusedError
from kytos.kube.control_plane import ControlPlane, is_gated
from kytos.kube.steering import Steering

PROBES = 60
"""Looks at whether the policy acts, before nothing is evicted at all."""

CLEAN_LOOKS = 2
"""Looks in a row that find no gate: an API server may not know yet that nobody is steered."""


class Gates:
    """Gates of one execution.

    Parameters
    ----------
    keeps
        Whether what is written is kept: not in a dry run, where nothing would ever be gated.
    """

    def __init__(
        self, plane: ControlPlane, steering: Steering, expected: Expected, *, keeps: bool
    ) -> None:
        """Nobody is steered."""
        self._plane, self._steering, self._expected, self._keeps = plane, steering, expected, keeps
        self._owners: dict[str, str] = {}

    def install(self) -> str:
        """Install the policy where it is not, and return the version of its API."""
        return self._steering.install()

    def watch_over(self, controller: str, of: str) -> None:
        """Gate the new pods of a controller from now on, and make sure that they are.

        Raises
        ------
        NotAllowedError
            When the policy does not act.
        """
        if controller in self._owners or not self._keeps:
            return
        self._steering.steer(self._owners | {controller: of})
        if not self._steering.acts_on(controller, PROBES):
            raise NotAllowedError(
                "the admission policy kytos-steer is installed and gates no pod; see whether the "
                "feature gate MutatingAdmissionPolicy is on, or use --way drain"
            )
        self._owners[controller] = of

    def take_over(self, controllers: Mapping[str, str]) -> None:
        """Gate the new pods of these from now on, and of no others, whoever steered before."""
        if not self._keeps:
            return
        self._steering.steer(controllers)
        for controller, of in controllers.items():
            self.watch_over(controller, of)

    def serve(self, moves: Moves) -> tuple[Stand, ...]:
        """Nominate and let go whatever waits at the gate; return how far each move is."""
        stands, surplus = moves.look()
        for stand in stands:
            self._serve(stand)
        for pod in surplus:
            self._plane.let_go(pod)
        return stands

    def _serve(self, stand: Stand) -> None:
        pod, to = stand.replacement, stand.move.to
        if pod is None or to is None or node_of(pod) is not None:
            return
        gated = is_gated(pod)
        # One that is followed itself waited already, and never was at our gate.
        if nominated_of(pod) != to and (gated or not stand.move.controller):
            # A nomination to a node that is cordoned or gone is passed over without a word.
            self._expected.check_node(to)
            self._plane.nominate(pod, to)
        if gated:
            self._plane.let_go(pod)

    def nobody(self) -> None:
        """Gate nobody's new pods any more, and let those go that are still held."""
        if not self._keeps:
            return
        self._owners.clear()
        self._steering.steer({})
        self.sweep(once=True)

    def stop_steering(self) -> int:
        """Steer nobody, whoever did, and let go what is held; return of how many pods.

        Raises
        ------
        RefusedError
            When that may not be done.
        """
        self._steering.release()
        return self.sweep(once=True)

    def let_go(self, pod: Object) -> None:
        """Let a replacement go that our gate holds though nobody steers.

        Raises
        ------
        NotAllowedError
            When that may not be done.
        """
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        try:
            self._plane.let_go(pod)
        except RefusedError as refusal:
            raise NotAllowedError(
                f"pod {name} is held by the gate of an earlier execution that steered, which may "
                "not be removed with these rights: run kytos apply --release"
            ) from refusal

    def sweep(self, *, once: bool = False, spare: Sequence[str] = ()) -> int:
        """Remove left-over gates; return of how many pods.

        Parameters
        ----------
        spare
            Uids of controllers whose pods are still waited for.
        """
        return sweep(self._plane, self._plane.server.pause, once=once, spare=spare)


def sweep(
    plane: ControlPlane,
    pause: Callable[[float], object],
    *,
    once: bool = False,
    spare: Sequence[str] = (),
) -> int:
    """Remove our gate from every pod that it holds, until none comes any more."""
    freed, clean = 0, 0
    while clean < (1 if once else CLEAN_LOOKS):
        gated = [pod for pod in plane.gated_pods() if not _spared(pod, spare)]
        for pod in gated:
            freed += plane.let_go(pod)
        if plane.server.dry_run:
            return len(gated)
        clean = 0 if gated and not once else clean + 1
        if not once:
            pause(plane.server.pace.poll_s)
    return freed


def _spared(pod: Object, controllers: Sequence[str]) -> bool:
    references = pod["metadata"].get("ownerReferences") or ()
    return any(one.get("controller") and one.get("uid") in controllers for one in references)
