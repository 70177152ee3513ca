using FastKv.Tests.TestKit;

namespace FastKv.Tests.Differential;

/// <summary>Compares the replies of two servers to the same command in the command's mode.</summary>
public static class ReplyComparer
{
    /// <summary>True when the replies agree, or may differ for a known reason.</summary>
    public static bool Agree(Step step, RespFrame expected, RespFrame actual)
    {
        if (step.Mode == Comparison.Ignored || Equal(expected, actual))
            return true;
        if (!expected.IsError && !actual.IsError && AgreeInMode(step, expected, actual))
            return true;
        return KnownDifferences.Reason(step, expected, actual) is not null || (step.Name == "EXEC" && AgreeOneByOne(step, expected, actual));
    }

    // What a transaction's commands have replied: any of them may be a known difference.
    private static bool AgreeOneByOne(Step step, RespFrame expected, RespFrame actual) =>
        expected.Items is { } wanted && actual.Items is { } got && wanted.Length == got.Length
        && wanted.Zip(got).All(pair => Equal(pair.First, pair.Second) || KnownDifferences.Reason(step, pair.First, pair.Second) is not null);

    private static bool AgreeInMode(Step step, RespFrame expected, RespFrame actual) => step.Mode switch
    {
        Comparison.Unordered => expected.Type == actual.Type && Sorted(expected, 1).SequenceEqual(Sorted(actual, 1)),
        Comparison.UnorderedPairs => expected.Type == actual.Type && Sorted(expected, 2).SequenceEqual(Sorted(actual, 2)),
        Comparison.ScanOfPairs => expected.Items is [var cursor, var pairs] && actual.Items is [var otherCursor, var otherPairs]
            && Equal(cursor, otherCursor) && Sorted(pairs, 2).SequenceEqual(Sorted(otherPairs, 2)),
        Comparison.Near => expected.Type == ':' && actual.Type == ':' && expected.Integer >= 0 && actual.Integer >= 0
            && Math.Abs(expected.Integer - actual.Integer) <= step.Tolerance,
        Comparison.Shape => SameShape(expected, actual),
        Comparison.StreamTimes => SameButTimes(expected, actual),
        Comparison.TypeOnly => expected.Type == actual.Type && expected.IsNull == actual.IsNull,
        _ => false,
    };

    private static bool Equal(RespFrame a, RespFrame b) => a.Raw.AsSpan().SequenceEqual(b.Raw);

    private static IEnumerable<string> Sorted(RespFrame frame, int group) =>
        (frame.Items ?? []).Chunk(group).Select(g => string.Join('|', g.Select(i => Convert.ToHexString(i.Raw)))).Order(StringComparer.Ordinal);

    private static bool SameShape(RespFrame a, RespFrame b)
    {
        if (a.Type != b.Type || a.IsNull != b.IsNull || a.Items?.Length != b.Items?.Length)
            return false;
        return a.Items is null || a.Items.Zip(b.Items!).All(pair => SameShape(pair.First, pair.Second));
    }

    // A time is the third of four items (ID, consumer, time, deliveries), the second of three (without the consumer), or stands behind its name.
    private static bool SameButTimes(RespFrame a, RespFrame b)
    {
        if (a.Items is null || b.Items is null || a.Items.Length == 0)
            return Equal(a, b);
        if (a.Type != b.Type || a.Items.Length != b.Items.Length)
            return false;
        for (int i = 0; i < a.Items.Length; i++)
        {
            bool isTime = a.Items[i].Type == ':' && b.Items[i].Type == ':'
                && ((a.Items.Length, i) is (4, 2) or (3, 1) || (i > 0 && a.Items[i - 1].Items is null && a.Items[i - 1].Text is "idle" or "seen-time"));
            if (!isTime && !SameButTimes(a.Items[i], b.Items[i]))
                return false;
        }
        return true;
    }
}
