using System.Globalization;

namespace FastKv.Engine.Configuration.Parameters;

/// <summary>The <c>oom-score-adj-values</c> parameter: one number each for master, replica and background child.</summary>
internal sealed class OomScoreParameter() : ConfigParameter("oom-score-adj-values", alias: null, ConfigFlags.MultiArgument, hasEffect: false)
{
    private const int Bound = 2000;
    private static readonly int[] Defaults = [0, 200, 800];

    internal override void Initialize(ServerOptions options) => options.OomScoreAdjValues = [.. Defaults];

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        error = words.Length == Defaults.Length ? null : "wrong number of arguments";
        int[] values = new int[Defaults.Length];
        for (int i = 0; error is null && i < words.Length; i++)
        {
            if (!ConfigText.TryParseLoose(words[i], 10, out long value, out _) || value is < -Bound or > Bound)
                error = "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
            values[i] = unchecked((int)value);
        }
        if (error is not null)
            return SetOutcome.Rejected;
        if (values.AsSpan().SequenceEqual(options.OomScoreAdjValues))
            return SetOutcome.Unchanged;
        options.OomScoreAdjValues = values;
        return SetOutcome.Changed;
    }

    internal override string Get(ServerOptions options)
        => string.Join(' ', Array.ConvertAll(options.OomScoreAdjValues, value => value.ToString(CultureInfo.InvariantCulture)));

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
        => rewriter.Put(Name, $"{Name} {Get(options)}", force: !options.OomScoreAdjValues.AsSpan().SequenceEqual(Defaults));
}
