// The commands of a load and how often each comes. Data plane.
using FastKv.Memory;

namespace FastKv.LoadGen.Load;

/// <summary>Chooses templates at random by weight. One per worker.</summary>
internal sealed class RequestMix
{
    private readonly RequestTemplate[] _templates;
    private readonly uint[] _limits;
    private RandomSource _random;

    /// <param name="templates">At least one.</param>
    /// <param name="weights">As many, not negative, and not all 0.</param>
    /// <param name="seed">Of the random sequence.</param>
    public RequestMix(RequestTemplate[] templates, double[] weights, ulong seed)
    {
        if (templates.Length == 0 || templates.Length != weights.Length)
            throw new ArgumentException("Each command has one weight.");
        double sum = weights.Sum();
        if (!(sum > 0) || weights.Any(w => w < 0))
            throw new ArgumentException("Weights are not negative, and not all 0.");
        _templates = templates;
        _limits = new uint[templates.Length];
        double running = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            running += weights[i];
            _limits[i] = (uint)Math.Round(running / sum * uint.MaxValue);
        }
        _limits[^1] = uint.MaxValue;
        _random = new RandomSource(seed);
        RoomBytesMax = templates.Max(t => t.RoomBytes);
    }

    /// <summary>The only template, or null when one is to be chosen for each request.</summary>
    public RequestTemplate? Single => _templates.Length == 1 ? _templates[0] : null;

    /// <summary>Room that any of its requests needs.</summary>
    public int RoomBytesMax { get; }

    /// <summary>A template. O(templates), no allocation.</summary>
    public RequestTemplate Next()
    {
        uint point = (uint)(_random.Next() >> 32);
        int i = 0;
        while (point > _limits[i])
            i++;
        return _templates[i];
    }
}
