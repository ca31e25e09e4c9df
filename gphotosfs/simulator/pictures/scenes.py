"""Paints what a family photographs: sea, mountains, a city, woods, a house, the night.

`pictures.py` makes photos of it. One seed gives one picture.
"""

import math
import random
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw

from gphotosfs.simulator.pictures.canvas import DAY, HAZE, MORNING, NIGHT, SUNSET, Colour, Scene

CANVAS_SIDE: Final = 1280


def paint(theme: str, seed: int, width: int, height: int) -> Image.Image:
    """The scene of a theme, in the proportions of width and height."""
    dice = random.Random(seed)
    scale = CANVAS_SIDE / max(width, height)
    scene = Scene(dice, max(64, round(width * scale)), max(64, round(height * scale)))
    _THEMES[theme](scene)
    return scene.image


def _sea(scene: Scene) -> None:
    dice, width, height = scene.dice, scene.width, scene.height
    horizon = scene.sky(dice.uniform(0.42, 0.56))
    if dice.random() < 0.6:
        scene.ridge(horizon, height * 0.07, scene.lit((108, 128, 150)), 0.5)
    shore = round(height * dice.uniform(0.72, 0.84))
    scene.gradient(scene.lit((64, 124, 160)), scene.lit((62, 164, 172)), horizon, shore)
    for _ in range(420):
        near = dice.random() ** 1.6
        y = horizon + near * (shore - horizon)
        x, wide = dice.uniform(0, width), 6 + 50 * near
        scene.draw.line((x, y, x + wide, y), fill=scene.lit((140, 196, 206), 40), width=1)
    for _ in range(dice.choice((0, 1, 1, 2))):
        x, y = (
            dice.randint(width // 6, width * 5 // 6),
            dice.randint(horizon + 6, (horizon + shore) // 2),
        )
        tall = (y - horizon) // 2 + height // 12
        sail = dice.choice(((250, 250, 246), (226, 84, 62), (250, 214, 110)))
        scene.draw.polygon(
            [(x, y - tall), (x, y - 4), (x + tall // 2, y - 4)], fill=scene.lit(sail)
        )
        scene.draw.polygon(
            [(x - 4, y - tall + 8), (x - 4, y - 6), (x - tall // 3, y - 6)],
            fill=scene.lit(sail, 18),
        )
        hull = [
            (x - tall // 3, y),
            (x + tall // 2, y),
            (x + tall // 3, y + tall // 9),
            (x - tall // 4, y + tall // 9),
        ]
        scene.draw.polygon(hull, fill=scene.lit((92, 60, 44)))
    scene.gradient(scene.lit((222, 200, 158)), scene.lit((240, 222, 184)), shore, height)
    foam = [
        (x, shore + 7 * math.sin(x / 57) + dice.uniform(-2, 2)) for x in range(0, width + 20, 20)
    ]
    scene.draw.line(foam, fill=scene.lit((250, 252, 252)), width=7)
    scene.speckle(shore + 12, (206, 184, 140), 1500)
    if dice.random() < 0.5:
        _umbrella(scene, dice.randint(width // 6, width * 5 // 6), round(height * 0.93))


def _umbrella(scene: Scene, x: int, foot_y: int) -> None:
    tall = scene.height // 5
    first = scene.dice.choice(((222, 70, 60), (48, 116, 190), (250, 190, 60)))
    scene.draw.line((x, foot_y, x, foot_y - tall), fill=scene.lit((230, 226, 220)), width=5)
    for stripe in range(6):
        box = (x - tall * 2 // 3, foot_y - tall, x + tall * 2 // 3, foot_y - tall // 4)
        colour = first if stripe % 2 else (250, 248, 240)
        scene.draw.pieslice(box, 180 + stripe * 30, 210 + stripe * 30, fill=scene.lit(colour))


def _mountains(scene: Scene) -> None:
    dice, width, height = scene.dice, scene.width, scene.height
    horizon = scene.sky(0.62)
    far = scene.ridge(height * 0.52, height * 0.30, scene.lit((128, 146, 172)))
    # Snow lies where the far ridge is high.
    for x in range(0, width, 2):
        top = far[min(256, x * 256 // width)]
        deep = (height * 0.46 - top) * dice.uniform(0.35, 0.75)
        if deep > 0:
            scene.draw.line((x, top, x, top + deep), fill=scene.lit((244, 247, 252), 10), width=2)
    scene.ridge(height * 0.62, height * 0.18, scene.lit((92, 112, 124)))
    scene.ridge(height * 0.72, height * 0.12, scene.lit((66, 98, 76)))
    if dice.random() < 0.45:
        lake = round(height * 0.76)
        scene.gradient(scene.lit((112, 160, 190)), scene.lit((54, 100, 128)), lake, height)
        for _ in range(240):
            wave_x, wave_y = dice.uniform(0, width), dice.uniform(lake, height)
            scene.draw.line(
                (wave_x, wave_y, wave_x + 60, wave_y), fill=scene.lit((150, 186, 204), 30), width=1
            )
    else:
        scene.ridge(height * 0.82, height * 0.06, scene.lit((96, 134, 72)))
        scene.speckle(round(height * 0.84), (112, 150, 78), 2200)
    for _ in range(dice.randint(4, 16)):
        x, foot = dice.randint(0, width), dice.randint(round(height * 0.8), height)
        scene.pine(x, foot, (foot - horizon) * 2 // 3, (44, 82, 56))


def _city(scene: Scene) -> None:
    dice, width, height = scene.dice, scene.width, scene.height
    scene.sky(0.78)
    lights = scene.light < 0.7
    for layer, (base, colour) in enumerate(
        ((0.74, (156, 168, 186)), (0.8, (120, 124, 138)), (0.88, (98, 86, 84)))
    ):
        x = -dice.randint(0, 60)
        while x < width:
            wide = dice.randint(width // 22, width // 9)
            tall = round(height * dice.uniform(0.12, 0.46 - layer * 0.07))
            _building(scene, x, round(height * base), wide, tall, colour, lights or layer > 0)
            x += wide + dice.choice((0, 0, 2, 14))
    if dice.random() < 0.4:
        _tower(scene, dice.randint(width // 5, width * 4 // 5), round(height * 0.86))
    street = round(height * 0.86)
    scene.gradient(scene.lit((92, 92, 98)), scene.lit((62, 62, 68)), street, height)
    for x in range(0, width, width // 9):
        scene.draw.polygon(
            [(x, height - 30), (x + 60, height - 30), (x + 52, height - 22), (x - 12, height - 22)],
            fill=scene.lit((236, 232, 214)),
        )
    for _ in range(dice.randint(2, 6)):
        _car(scene, dice.randint(0, width), dice.randint(street + 20, height - 40))


def _building(
    scene: Scene, x: int, foot_y: int, wide: int, tall: int, colour: Colour, windows: bool
) -> None:
    dice = scene.dice
    body = scene.lit(colour, 22)
    scene.draw.rectangle((x, foot_y - tall, x + wide, scene.height), fill=body)
    shade = (body[0] * 4 // 5, body[1] * 4 // 5, body[2] * 4 // 5)
    scene.draw.rectangle((x + wide * 4 // 5, foot_y - tall, x + wide, scene.height), fill=shade)
    if not windows:
        return
    pane = max(5, wide // 9)
    for wy in range(foot_y - tall + pane, foot_y - pane, pane * 2):
        for wx in range(x + pane, x + wide - pane, pane * 2):
            lit = dice.random() < (0.55 if scene.light < 0.7 else 0.06)
            glass = (255, 222, 150) if lit else scene.lit((70, 92, 116), 20)
            scene.draw.rectangle((wx, wy, wx + pane, wy + pane + 2), fill=glass)


def _tower(scene: Scene, x: int, foot_y: int) -> None:
    tall = round(scene.height * 0.66)
    iron = scene.lit((112, 88, 70))
    for side in (-1, 1):
        leg = [
            (x + side * tall * 0.2 * (1 - t) ** 2.4, foot_y - tall * t)
            for t in (s / 20 for s in range(21))
        ]
        scene.draw.line(leg, fill=iron, width=max(5, tall // 45), joint="curve")
    for t in (0.2, 0.42, 0.8):
        half = tall * 0.2 * (1 - t) ** 2.4 + tall * 0.02
        y = foot_y - tall * t
        scene.draw.rectangle((x - half, y - tall * 0.012, x + half, y + tall * 0.012), fill=iron)
    for step in range(24):
        low, top = step / 24, (step + 1) / 24
        a, b = tall * 0.2 * (1 - low) ** 2.4, tall * 0.2 * (1 - top) ** 2.4
        scene.draw.line(
            (x - a, foot_y - tall * low, x + b, foot_y - tall * top), fill=iron, width=2
        )
        scene.draw.line(
            (x + a, foot_y - tall * low, x - b, foot_y - tall * top), fill=iron, width=2
        )


def _car(scene: Scene, x: int, y: int) -> None:
    long = scene.width // 13
    paint_ = scene.lit(
        scene.dice.choice(((196, 44, 40), (40, 84, 150), (232, 232, 230), (52, 52, 56)))
    )
    scene.draw.rounded_rectangle((x, y - long // 5, x + long, y), long // 14, fill=paint_)
    roof = [(x + long // 5, y - long // 5), (x + long // 3, y - long * 2 // 5)]
    roof += [(x + long * 2 // 3, y - long * 2 // 5), (x + long * 5 // 6, y - long // 5)]
    scene.draw.polygon(roof, fill=scene.lit((120, 140, 156)))
    for wheel in (x + long // 5, x + long * 4 // 5):
        r = long // 11
        scene.draw.ellipse((wheel - r, y - r, wheel + r, y + r), fill=(26, 26, 28))


def _forest(scene: Scene) -> None:
    dice, width, height = scene.dice, scene.width, scene.height
    sky = dice.choice((DAY, HAZE, MORNING, SUNSET))
    scene.sky(0.6, sky)
    autumn = dice.random() < 0.5
    leaves: tuple[Colour, ...] = ((86, 128, 60), (66, 112, 58), (120, 148, 66))
    if autumn:
        leaves = ((204, 120, 44), (184, 74, 40), (220, 168, 62), (132, 120, 58))
    ground = round(height * 0.66)
    for depth in range(3):
        foot = round(height * (0.6 + 0.04 * depth))
        haze = 1 - depth / 3
        for _ in range(26):
            green = dice.choice(leaves)
            faded = tuple(round(c + (178 - c) * haze * 0.55) for c in green)
            scene.tree(
                dice.randint(0, width),
                foot,
                dice.randint(height // 5, height // 3),
                (faded[0], faded[1], faded[2]),
            )
    scene.gradient(scene.lit((118, 122, 66)), scene.lit((78, 84, 40)), ground, height)
    scene.speckle(ground, dice.choice(leaves), 3600, 34)
    bend = dice.randint(-width // 6, width // 6)
    middle = width // 2 + bend
    path = [
        (middle - 12, ground),
        (middle + 12, ground),
        (width * 3 // 4, height),
        (width // 5, height),
    ]
    scene.draw.polygon(path, fill=scene.lit((168, 142, 108)))
    for _ in range(dice.randint(2, 5)):
        x = dice.choice((dice.randint(0, width // 3), dice.randint(width * 2 // 3, width)))
        scene.tree(
            x, dice.randint(round(height * 0.78), height), round(height * 0.62), dice.choice(leaves)
        )


def _home(scene: Scene) -> None:
    dice, width, height = scene.dice, scene.width, scene.height
    scene.sky(0.64, dice.choice((DAY, DAY, MORNING, HAZE)))
    scene.ridge(height * 0.64, height * 0.07, scene.lit((122, 152, 112)))
    lawn = round(height * 0.66)
    scene.gradient(scene.lit((124, 168, 82)), scene.lit((84, 132, 58)), lawn, height)
    scene.speckle(lawn, (112, 162, 70), 3000)
    x, wide = dice.randint(width // 8, width // 2), round(width * dice.uniform(0.3, 0.42))
    tall, foot = round(height * 0.22), round(height * 0.78)
    wall = scene.lit(
        dice.choice(((238, 226, 204), (216, 196, 172), (206, 220, 226), (226, 180, 150)))
    )
    scene.draw.rectangle((x, foot - tall, x + wide, foot), fill=wall)
    roof = scene.lit(dice.choice(((168, 72, 54), (96, 86, 88), (134, 64, 48))))
    scene.draw.polygon(
        [
            (x - 24, foot - tall),
            (x + wide + 24, foot - tall),
            (x + wide * 4 // 5, foot - tall * 2),
            (x + wide // 5, foot - tall * 2),
        ],
        fill=roof,
    )
    scene.draw.rectangle(
        (
            x + wide * 2 // 3,
            foot - tall * 5 // 2,
            x + wide * 2 // 3 + wide // 12,
            foot - tall * 3 // 2,
        ),
        fill=scene.lit((150, 88, 70)),
    )
    for window in range(3):
        wx = x + wide * (1 + 3 * window) // 10
        box = (wx, foot - tall * 4 // 5, wx + wide // 7, foot - tall * 2 // 5)
        scene.draw.rectangle(box, fill=scene.lit((112, 146, 172)), outline=(250, 250, 246), width=5)
    door = (x + wide * 4 // 5, foot - tall * 3 // 5, x + wide * 9 // 10, foot)
    scene.draw.rectangle(door, fill=scene.lit((92, 58, 42)))
    scene.tree(dice.randint(0, width), foot, round(height * 0.42), (84, 134, 62))
    petals = ((226, 64, 82), (250, 206, 70), (246, 246, 250), (170, 92, 190))
    for _ in range(240):
        near = dice.random()
        fx, fy = dice.uniform(0, width), height * (0.84 + 0.16 * near)
        r = 2 + 7 * near
        scene.draw.line((fx, fy, fx, fy + r * 3), fill=scene.lit((58, 104, 44), 12), width=2)
        scene.draw.ellipse(
            (fx - r, fy - r, fx + r, fy + r), fill=scene.lit(dice.choice(petals), 12)
        )


def _night(scene: Scene) -> None:
    dice, width, height = scene.dice, scene.width, scene.height
    horizon = scene.sky(0.85, NIGHT)
    scene.stars(horizon)
    kind = dice.choice(("aurora", "fireworks", "moon"))
    if kind == "aurora":
        veil = dice.choice(((70, 230, 150), (90, 220, 190), (150, 110, 220)))
        for _ in range(3):
            _curtain(scene, veil)
    elif kind == "fireworks":
        for _ in range(dice.randint(3, 6)):
            _burst(
                scene,
                dice.randint(width // 8, width * 7 // 8),
                dice.randint(height // 8, height // 2),
            )
    else:
        x, y, r = (
            dice.randint(width // 5, width * 4 // 5),
            dice.randint(height // 6, height // 3),
            width // 22,
        )
        scene.glow(x, y, r * 6, (226, 232, 250), 0.7)
        scene.draw.ellipse((x - r, y - r, x + r, y + r), fill=(240, 240, 226))
        for _ in range(7):
            dx, dy, s = (
                dice.randint(-r // 2, r // 2),
                dice.randint(-r // 2, r // 2),
                dice.randint(2, r // 4),
            )
            scene.draw.ellipse(
                (x + dx - s, y + dy - s, x + dx + s, y + dy + s), fill=(216, 216, 204)
            )
    scene.ridge(height * 0.86, height * 0.1, (14, 20, 30))
    scene.ridge(height * 0.94, height * 0.06, (8, 11, 16))
    for _ in range(dice.randint(5, 40)):
        fx, fy = dice.uniform(0, width), dice.uniform(height * 0.88, height * 0.99)
        scene.draw.ellipse((fx, fy, fx + 4, fy + 3), fill=(255, 206, 120))


def _curtain(scene: Scene, colour: Colour) -> None:
    dice = scene.dice
    top, phase = dice.uniform(0.1, 0.4) * scene.height, dice.uniform(0, math.tau)

    def strips(draw: ImageDraw.ImageDraw) -> None:
        for x in range(0, scene.width // 4, 2):
            wave = math.sin(x / 37 + phase) + 0.5 * math.sin(x / 13 + phase * 2)
            y = (top + wave * scene.height * 0.07) / 4
            draw.line(
                (x, y, x, y + scene.height * dice.uniform(0.03, 0.07)),
                fill=dice.randint(60, 150),
                width=2,
            )

    scene.soft(colour, 3, strips)


def _burst(scene: Scene, x: int, y: int) -> None:
    dice = scene.dice
    colour = dice.choice(((255, 120, 90), (255, 214, 110), (130, 210, 255), (220, 140, 255)))
    far = scene.width * dice.uniform(0.06, 0.14)
    scene.glow(x, y, round(far * 1.6), colour, 0.4)
    for ray in range(46):
        angle = ray * math.tau / 46 + dice.uniform(-0.05, 0.05)
        start, end = far * dice.uniform(0.15, 0.4), far * dice.uniform(0.75, 1.0)
        drop = far * 0.12
        scene.draw.line(
            (
                x + math.cos(angle) * start,
                y + math.sin(angle) * start,
                x + math.cos(angle) * end,
                y + math.sin(angle) * end + drop,
            ),
            fill=colour,
            width=2,
        )


_THEMES: Final[dict[str, Callable[[Scene], None]]] = {
    "sea": _sea,
    "mountains": _mountains,
    "city": _city,
    "forest": _forest,
    "home": _home,
    "night": _night,
}
