// An engine with one value of n elements. For measurements.
using FastKv.LoadGen.Load;

namespace FastKv.Bench.Commands;

/// <summary>Fills a value through commands, and runs operations on it.</summary>
internal sealed class GrowthEngine : IDisposable
{
    private const int FillRequests = 1 << 16;

    private readonly InProcessEngine _engine = new();
    private readonly long _count;

    /// <summary>Fills.</summary>
    /// <exception cref="LoadException">A command of the family is answered with an error.</exception>
    public GrowthEngine(GrowthFamily family, long count)
    {
        _count = count;
        RequestTemplate[] fill = GrowthFamilies.Templates([family.Fill], count);
        var source = new FieldSource(new KeySource(KeyDistribution.Sequential, 0, count, 0, 0), 1);
        Try(fill, new FieldSource(new KeySource(KeyDistribution.Sequential, 0, count, 0, 0), 1));
        using (RequestBlock flush = RequestBlock.Make("FLUSHALL", 1, 1))
            _engine.Run(flush);
        for (long done = 0; done < count; done += FillRequests)
        {
            using RequestBlock block = RequestBlock.Make(fill, (int)Math.Min(FillRequests, count - done), source);
            _engine.Run(block);
        }
    }

    /// <summary>Requests of an operation over random elements.</summary>
    /// <exception cref="LoadException">One of its commands is answered with an error.</exception>
    public RequestBlock Requests(GrowthOperation operation, int requests)
    {
        RequestTemplate[] templates = GrowthFamilies.Templates(operation.Commands, _count);
        Try(templates, new FieldSource(new KeySource(KeyDistribution.Uniform, 0, _count, 0, 2), 3));
        return RequestBlock.Make(templates, requests, new FieldSource(new KeySource(KeyDistribution.Uniform, 0, _count, 0, 4), 5));
    }

    /// <summary>Runs them.</summary>
    public long Run(RequestBlock requests) => _engine.Run(requests);

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    private void Try(RequestTemplate[] templates, FieldSource source)
    {
        using RequestBlock trial = RequestBlock.Make(templates, templates.Length, source);
        string replies = _engine.Replies(trial);
        if (replies.StartsWith('-') || replies.Contains("\n-", StringComparison.Ordinal))
            throw new LoadException($"{templates[0].Text}: {replies.TrimEnd()}");
    }
}
