using System.Text;

namespace FastKv.Engine.Monitoring;

/// <summary>
/// LATENCY GRAPH's drawing: a column per sample, four rows high with three characters each, and below it how long ago the sample was, written downwards.
/// Control plane.
/// </summary>
internal static class LatencyGraph
{
    private const int Columns = 80;
    private const int Rows = 4;

    /// <summary>The top of a column, by how far it reaches into its row.</summary>
    private const string Tops = "_o#";

    public static string Draw(string name, LatencySample[] samples, long millisecondsMax, long nowSeconds)
    {
        long low = samples.Min(sample => sample.Milliseconds), high = samples.Max(sample => sample.Milliseconds);
        var text = new StringBuilder($"{name} - high {high} ms, low {low} ms (all time high {millisecondsMax} ms)\n");
        text.Append('-', Columns).Append('\n');
        for (int first = 0; first < samples.Length; first += Columns)
        {
            if (first > 0)
                text.Append('\n');
            DrawColumns(text, samples.AsSpan(first, Math.Min(Columns, samples.Length - first)), low, high, nowSeconds);
        }
        return text.ToString();
    }

    private static void DrawColumns(StringBuilder text, ReadOnlySpan<LatencySample> samples, long low, long high, long nowSeconds)
    {
        const int steps = Rows * 3;
        long range = Math.Max(1, high - low);
        for (int row = Rows - 1; row >= 0; row--)
        {
            foreach (var sample in samples)
            {
                long step = Math.Min((sample.Milliseconds - low) * steps / range, steps - 1) - (row * Tops.Length);
                text.Append(step < 0 ? ' ' : step < Tops.Length ? Tops[(int)step] : '|');
            }
            text.Append('\n');
        }

        // An empty line, then the labels.
        text.Append(' ', samples.Length).Append('\n');
        int height = 0;
        foreach (var sample in samples)
            height = Math.Max(height, Label(nowSeconds - sample.UnixSeconds).Length);
        for (int i = 0; i < height; i++)
        {
            foreach (var sample in samples)
            {
                string label = Label(nowSeconds - sample.UnixSeconds);
                text.Append(i < label.Length ? label[i] : ' ');
            }
            text.Append('\n');
        }
    }

    private static string Label(long seconds) => seconds switch
    {
        < 60 => $"{seconds}s",
        < 3600 => $"{seconds / 60}m",
        < 24 * 3600 => $"{seconds / 3600}h",
        _ => $"{seconds / (24 * 3600)}d",
    };
}
