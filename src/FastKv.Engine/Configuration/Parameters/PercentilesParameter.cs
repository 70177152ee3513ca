using System.Globalization;

namespace FastKv.Engine.Configuration.Parameters;

/// <summary>The <c>latency-tracking-info-percentiles</c> parameter: which percentiles INFO latencystats shows.</summary>
internal sealed class PercentilesParameter()
    : ConfigParameter("latency-tracking-info-percentiles", alias: null, ConfigFlags.MultiArgument, hasEffect: true)
{
    internal override void Initialize(ServerOptions options) => options.LatencyTrackingInfoPercentiles = [50, 99, 99.9];

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        error = null;
        if (words.Length == 1 && words[0].Length == 0)
            words = [];
        double[] percentiles = new double[words.Length];
        for (int i = 0; i < words.Length && error is null; i++)
        {
            if (!TryParse(words[i], out percentiles[i]))
                error = "Invalid latency-tracking-info-percentiles parameters";
            else if (percentiles[i] is < 0 or > 100)
                error = "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
        }
        if (error is not null)
            return SetOutcome.Rejected;
        options.LatencyTrackingInfoPercentiles = percentiles;
        return SetOutcome.Changed;
    }

    internal override string Get(ServerOptions options)
        => string.Join(' ', Array.ConvertAll(options.LatencyTrackingInfoPercentiles, Format));

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
        => rewriter.Put(Name, options.LatencyTrackingInfoPercentiles.Length == 0 ? $"{Name} \"\"" : $"{Name} {Get(options)}", force: true);

    /// <summary>A number as C's strtod reads it, hexadecimal notation apart; what does not fit into a double is none.</summary>
    private static bool TryParse(string word, out double value)
    {
        if (word.TrimStart('+', '-').ToLowerInvariant() is "inf" or "infinity")
        {
            value = double.PositiveInfinity;
            return true;
        }
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(word, Style, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    private static string Format(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
