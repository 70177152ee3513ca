using System.Globalization;

namespace FastKv.Engine.Configuration.Parameters;

/// <summary>When a snapshot is due: so many changes within so many seconds.</summary>
/// <param name="Seconds">Seconds since the last snapshot, at least 1.</param>
/// <param name="Changes">Changes since then, at least 0.</param>
public readonly record struct SavePoint(long Seconds, int Changes);

/// <summary>The <c>save</c> parameter: pairs of seconds and changes. The first line of a file replaces the defaults, later ones add to it.</summary>
internal sealed class SaveParameter() : ConfigParameter("save", alias: null, ConfigFlags.MultiArgument, hasEffect: true)
{
    private const string Invalid = "Invalid save parameters";

    internal override void Initialize(ServerOptions options)
        => options.SavePoints = [new(3600, 1), new(300, 100), new(60, 10000)];

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        error = null;
        if (words.Length == 1 && words[0].Length == 0)
            words = [];
        var points = new List<SavePoint>();
        if (source == ConfigSource.File && options.SaveSeenInFile && words.Length > 0)
            points.AddRange(options.SavePoints);
        if (words.Length % 2 != 0)
            error = Invalid;
        for (int i = 0; error is null && i < words.Length; i += 2)
        {
            if (!ConfigText.TryParseLoose(words[i], 10, out long seconds, out _) || seconds < 1
                || !ConfigText.TryParseLoose(words[i + 1], 10, out long changes, out _) || changes < 0)
                error = Invalid;
            else
                points.Add(new SavePoint(seconds, unchecked((int)changes)));
        }
        if (error is not null)
            return SetOutcome.Rejected;
        options.SaveSeenInFile |= source == ConfigSource.File;
        options.SavePoints = [.. points];
        return SetOutcome.Changed;
    }

    internal override string Get(ServerOptions options)
        => string.Join(' ', Array.ConvertAll(options.SavePoints, Format));

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
    {
        // Without a line the defaults would come back at the next start.
        if (options.SavePoints.Length == 0)
            rewriter.Put(Name, "save \"\"", force: true);
        foreach (SavePoint point in options.SavePoints)
            rewriter.Put(Name, "save " + Format(point), force: true);
    }

    private static string Format(SavePoint point) => string.Create(CultureInfo.InvariantCulture, $"{point.Seconds} {point.Changes}");
}
