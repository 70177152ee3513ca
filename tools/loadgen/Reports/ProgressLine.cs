// The line that shows how a run goes. Control plane.
using System.Globalization;

namespace FastKv.LoadGen.Reports;

/// <summary>A line on standard error that is rewritten in place; nothing when that is no terminal.</summary>
internal sealed class ProgressLine(bool quiet) : IDisposable
{
    private readonly bool _visible = !quiet && !Console.IsErrorRedirected;
    private bool _shown;

    /// <summary>Runs something that reports (replies, seconds) and shows that with a label.</summary>
    public T Show<T>(string label, Func<Action<long, double>, T> run)
    {
        long lastCount = 0;
        double lastSeconds = 0;
        return run((count, seconds) =>
        {
            double now = (count - lastCount) / Math.Max(seconds - lastSeconds, 1e-3);
            (lastCount, lastSeconds) = (count, seconds);
            Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{label}  {seconds,5:F1} s  {count,13:N0} replies  now {now,11:N0}/s  mean {count / Math.Max(seconds, 1e-3),11:N0}/s"));
        });
    }

    /// <summary>Removes the line.</summary>
    public void Clear()
    {
        if (_shown)
            Console.Error.Write("\r\e[K");
        _shown = false;
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    private void Write(string text)
    {
        if (!_visible)
            return;
        Console.Error.Write("\r" + text + "\e[K");
        _shown = true;
    }
}
