"""The unattended demo: students in a real browser, teachers who edit, a class that clicks at once. Says what held."""

from pathlib import Path

from hubdrives.demo import check_canvas, check_drive, check_secrets
from hubdrives.demo.browser import running_browser, student_at
from hubdrives.demo.scene import Scene
from hubdrives.demo.world import OUTSIDER, STUDENTS, running_world


async def check_all(folder: Path) -> int:
    """Go through the whole demo in `folder`; 0 if all of it held, else 1."""
    async with running_world(folder, class_size=check_drive.CLASS_SIZE) as world, running_browser() as browser:
        students = {name: await student_at(browser, name, world.issuer) for name in (*STUDENTS, OUTSIDER)}
        scene = Scene(world=world, students=students)
        logged_in = await check_canvas.first_pulls(scene)
        # Meanwhile the tokens of the logins end.
        await check_drive.check(scene)
        await check_canvas.after_two_lifetimes(scene, since=logged_in)
        await check_canvas.anothers_course(scene)
        await check_canvas.login_ended(scene)
        await check_secrets.check(scene)
    findings = scene.findings
    print(f"{findings.count - len(findings.failed)} passed, {len(findings.failed)} failed", flush=True)
    return 1 if findings.failed else 0
