"""A canvas with a few strokes: gradients, soft light, ridges, trees."""

import math
import random
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

Colour = tuple[int, int, int]

# Top of the sky, its horizon, the light on things.
DAY: Final = ((66, 126, 196), (196, 222, 240), 1.0)
HAZE: Final = ((132, 164, 194), (226, 230, 232), 0.92)
MORNING: Final = ((104, 144, 196), (252, 222, 190), 0.9)
SUNSET: Final = ((60, 70, 128), (250, 160, 92), 0.68)
DUSK: Final = ((28, 34, 80), (206, 110, 110), 0.45)
NIGHT: Final = ((6, 10, 30), (26, 38, 74), 0.22)
_SKIES: Final = (DAY, DAY, DAY, HAZE, MORNING, SUNSET, DUSK)


class Scene:
    """A canvas, its sky and its light."""

    def __init__(self, dice: random.Random, width: int, height: int) -> None:
        self.dice = dice
        self.width = width
        self.height = height
        self.image = Image.new("RGB", (width, height))
        self.draw = ImageDraw.Draw(self.image)
        self.light = 1.0

    # --- strokes ------------------------------------------------------------------------------

    def lit(self, colour: Colour, spread: int = 0) -> Colour:
        """The colour in this light, a little different each time."""
        by = self.dice.randint(-spread, spread)
        red, green, blue = (max(0, min(255, round((c + by) * self.light))) for c in colour)
        return red, green, blue

    def gradient(self, top: Colour, bottom: Colour, from_y: int, to_y: int) -> None:
        """Fill a band across the canvas."""
        if to_y <= from_y:
            return
        ramp = Image.linear_gradient("L").resize((1, to_y - from_y))
        band = ImageOps.colorize(ramp, top, bottom).resize((self.width, to_y - from_y))
        self.image.paste(band, (0, from_y))

    def glow(self, x: int, y: int, radius: int, colour: Colour, strength: float) -> None:
        """Light around a point."""
        ramp = ImageOps.invert(Image.radial_gradient("L")).resize((2 * radius, 2 * radius))
        # Squared, so that it fades out before the square's edge shows.
        ramp = ramp.point(
            [round(255 * max(0.0, (v - 75) / 180) ** 2 * strength) for v in range(256)]
        )
        self.image.paste(Image.new("RGB", ramp.size, colour), (x - radius, y - radius), ramp)

    def soft(
        self, colour: Colour, blur: float, shapes: Callable[[ImageDraw.ImageDraw], None]
    ) -> None:
        """Shapes with blurred edges; their grey is how dense they are."""
        mask = Image.new("L", (self.width // 4 + 1, self.height // 4 + 1))
        shapes(ImageDraw.Draw(mask))
        mask = mask.filter(ImageFilter.GaussianBlur(blur)).resize((self.width, self.height))
        self.image.paste(colour, (0, 0, self.width, self.height), mask)

    def ridge(self, base_y: float, rise: float, colour: Colour, rough: float = 0.55) -> list[float]:
        """A line of hills from edge to edge, filled downwards; its heights, one each 4 pixels."""
        points = 257
        line = [0.0] * points
        step, spread = points - 1, rise
        line[0], line[-1] = self.dice.uniform(0, rise), self.dice.uniform(0, rise)
        while step > 1:
            half = step // 2
            for at in range(half, points - 1, step):
                middle = (line[at - half] + line[at + half]) / 2
                line[at] = middle + self.dice.uniform(-spread, spread) / 2
            step, spread = half, spread * rough
        heights = [base_y - value for value in line]
        corners = [(x * self.width / (points - 1), y) for x, y in enumerate(heights)]
        self.draw.polygon([*corners, (self.width, self.height), (0, self.height)], fill=colour)
        return heights

    # --- parts --------------------------------------------------------------------------------

    def sky(self, horizon: float, sky: tuple[Colour, Colour, float] | None = None) -> int:
        """Sky with a sun and clouds down to the horizon, whose y it tells."""
        top, low, self.light = sky or self.dice.choice(_SKIES)
        y = round(self.height * horizon)
        self.gradient(top, low, 0, y)
        self.gradient(low, low, y, self.height)
        if self.light > 0.3:
            sun_x = self.dice.randint(self.width // 8, self.width * 7 // 8)
            sun_y = round(y * (0.8 if self.light < 0.8 else self.dice.uniform(0.15, 0.5)))
            self.glow(sun_x, sun_y, self.width // 3, (255, 244, 214), 0.9)
            size = self.width // 44
            self.draw.ellipse(
                (sun_x - size, sun_y - size, sun_x + size, sun_y + size), fill=(255, 250, 232)
            )
            self.clouds(y)
        return y

    def clouds(self, horizon_y: int) -> None:
        """Some, none, or many."""
        number = self.dice.choice((0, 3, 5, 9))

        def puffs(draw: ImageDraw.ImageDraw) -> None:
            for _ in range(number):
                x = self.dice.randint(0, self.width) // 4
                y = self.dice.randint(0, round(horizon_y * 0.75)) // 4
                wide = self.dice.randint(self.width // 14, self.width // 6) // 4
                for _ in range(9):
                    dx = self.dice.randint(-wide, wide)
                    dy = self.dice.randint(-wide // 4, wide // 7)
                    r = self.dice.randint(max(1, wide // 5), max(2, wide // 2))
                    draw.ellipse(
                        (x + dx - r, y + dy - r // 2, x + dx + r, y + dy + r // 2),
                        fill=self.dice.randint(120, 225),
                    )

        self.soft(self.lit((250, 250, 252)), 2.5, puffs)

    def stars(self, until_y: int) -> None:
        """A clear night."""
        for _ in range(420):
            x, y = self.dice.randint(0, self.width), self.dice.randint(0, until_y)
            grey = self.dice.randint(90, 255)
            size = 1 if grey > 225 else 0
            self.draw.ellipse((x, y, x + size, y + size), fill=(grey, grey, min(255, grey + 12)))

    def pine(self, x: int, foot_y: int, tall: int, colour: Colour) -> None:
        """A conifer."""
        self.draw.rectangle(
            (x - tall // 40, foot_y - tall // 8, x + tall // 40, foot_y),
            fill=self.lit((70, 50, 38)),
        )
        for tier in range(5):
            top = foot_y - tall + tier * tall * 16 // 100
            low = top + tall * 30 // 100
            half = tall * (7 + tier * 4) // 100
            self.draw.polygon(
                [(x, top), (x - half, low), (x + half, low)], fill=self.lit(colour, 9)
            )

    def tree(self, x: int, foot_y: int, tall: int, colour: Colour) -> None:
        """A broad-leaved tree."""
        trunk = max(2, tall // 22)
        self.draw.rectangle(
            (x - trunk, foot_y - tall // 2, x + trunk, foot_y), fill=self.lit((84, 62, 46), 6)
        )
        for _ in range(26):
            angle, far = self.dice.uniform(0, math.tau), self.dice.random() ** 0.5
            cx = x + math.cos(angle) * far * tall * 0.3
            cy = foot_y - tall * 0.68 + math.sin(angle) * far * tall * 0.28
            r = tall * self.dice.uniform(0.06, 0.13)
            self.draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=self.lit(colour, 22))

    def speckle(self, from_y: int, colour: Colour, number: int, spread: int = 26) -> None:
        """Grass, sand or leaves: short strokes that grow towards the viewer."""
        for _ in range(number):
            near = self.dice.random()
            y = from_y + near * near * (self.height - from_y)
            x, size = self.dice.uniform(0, self.width), 1 + 5 * near * near
            self.draw.line((x, y, x + size / 2, y - size), fill=self.lit(colour, spread), width=1)


def grain(image: Image.Image, strength: float, tile: Image.Image) -> Image.Image:
    """The image with a film's grain: a tile of grey noise laid over all of it."""
    noise = Image.new("L", image.size)
    for y in range(0, image.height, tile.height):
        for x in range(0, image.width, tile.width):
            noise.paste(tile, (x, y))
    grey = noise.point([128 + round((v - 128) * strength) for v in range(256)])
    return ImageChops.add(image, Image.merge("RGB", (grey, grey, grey)), 1, -128)
