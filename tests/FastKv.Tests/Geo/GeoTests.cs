using System.Text;
using FastKv.Engine.Commands.Geo;
using FastKv.Structures;
using Xunit;

namespace FastKv.Tests.Geo;

/// <summary>Positions, shapes and the text of distances.</summary>
public sealed class GeoTests
{
    [Fact]
    public void APositionSurvivesItsScore()
    {
        var random = new Random(20261124);
        for (int i = 0; i < 10_000; i++)
        {
            double longitude = random.NextDouble() * 360 - 180;
            double latitude = (random.NextDouble() * 2 - 1) * GeoCell.LatitudeMax;
            GeoCell.Decode(GeoCell.Of(longitude, latitude, GeoCell.StepMax).Bits, out double x, out double y);
            Assert.Equal(longitude, x, 3e-6);
            Assert.Equal(latitude, y, 3e-6);
        }
    }

    [Fact]
    public void AnyScoreIsAPosition()
    {
        foreach (double score in new[] { 0, -1, -1e300, 1e300, double.PositiveInfinity, double.NegativeInfinity, 9223372036854775808.0, 0.5 })
        {
            GeoCell.Decode(score, out double x, out double y);
            Assert.InRange(x, -GeoCell.LongitudeMax, GeoCell.LongitudeMax);
            Assert.InRange(y, -GeoCell.LatitudeMax, GeoCell.LatitudeMax);
        }
    }

    /// <summary>The quick comparisons of degrees leave out nothing that the formula would let in.</summary>
    [Fact]
    public void TheFilterAgreesWithTheDistance()
    {
        var random = new Random(20261125);
        for (int i = 0; i < 200_000; i++)
        {
            var shape = new GeoShape
            {
                Longitude = random.NextDouble() * 360 - 180,
                Latitude = (random.NextDouble() * 2 - 1) * GeoCell.LatitudeMax,
                UnitMetres = 1,
                Radius = Math.Pow(10, random.NextDouble() * 8),
            };
            double spread = Math.Min(180, shape.Radius / 60_000);
            double longitude = Math.Clamp(shape.Longitude + (random.NextDouble() * 2 - 1) * spread, -180, 180);
            double latitude = Math.Clamp(shape.Latitude + (random.NextDouble() * 2 - 1) * spread, -85, 85);
            if (random.Next(4) == 0)
                longitude = -longitude;
            double metres = GeoDistance.Between(shape.Longitude, shape.Latitude, longitude, latitude);
            Assert.Equal(metres <= shape.Radius, new GeoFilter(shape).Contains(longitude, latitude, out double measured));
            if (metres <= shape.Radius)
                Assert.Equal(metres, measured);
        }
    }

    [Theory]
    [InlineData(0, "0.0000")]
    [InlineData(0.03125, "0.0312")]
    [InlineData(0.09375, "0.0938")]
    [InlineData(166274.1516, "166274.1516")]
    [InlineData(1e-300, "0.0000")]
    [InlineData(4503599627370495.5, "4503599627370495.5000")]
    [InlineData(1e22, "10000000000000000000000.0000")]
    [InlineData(-1.00005, "-1.0001")]
    [InlineData(double.PositiveInfinity, "inf")]
    public void DistancesArePrintedAsByPrintf(double value, string expected)
    {
        Span<byte> text = stackalloc byte[GeoText.CharsMax];
        Assert.Equal(expected, Encoding.ASCII.GetString(text[..GeoText.Format(text, value, GeoText.DistanceDecimals)]));
    }
}
