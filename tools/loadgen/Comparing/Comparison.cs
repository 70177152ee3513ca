// Drives two servers in alternating rounds, and a third one beside them where a floor is asked for. Control plane.
//
//   cell (command, depth):  warm up A, warm up B │ A B │ B A │ A B │ ...     one pair is a round
//
// What a machine does beside this (other guests, frequency, temperature) drifts over seconds to hours, and hits both servers of a round alike; the
// order turns every round, so that what follows a drift within rounds cancels too. The median of the rounds' ratios holds where absolute figures do not.
using System.Diagnostics;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;

namespace FastKv.LoadGen.Comparing;

/// <summary>A comparison as planned; its servers live as long as it.</summary>
internal sealed class Comparison : IDisposable
{
    private const int SettleMs = 200;

    private readonly ComparisonPlan _plan;
    private readonly Contender _a;
    private readonly Contender _b;
    private readonly Contender? _floor;
    private readonly ProgressLine _progress;

    /// <summary>Starts or finds both servers.</summary>
    /// <exception cref="LoadException">One cannot be reached or measured.</exception>
    public Comparison(ComparisonPlan plan)
    {
        _plan = plan;
        _progress = new ProgressLine(plan.Options.Quiet);
        _a = new Contender(plan.A, plan.Options, plan.ServerCore, "a");
        try
        {
            _b = new Contender(plan.B, plan.Options, plan.ServerCore, "b");
            if (plan.Floor is not null)
                _floor = new Contender(plan.Floor, plan.Options, plan.ServerCore, "floor");
        }
        catch
        {
            _a.Dispose();
            _b?.Dispose();
            throw;
        }
    }

    /// <summary>Runs all cells.</summary>
    /// <exception cref="LoadException">A server fails, or answers with errors.</exception>
    public CompareRow Run()
    {
        MemoryRow? memory = _plan.Options.PreloadPhases().Length > 0 ? Preload() : null;
        var cells = new List<CellRow>();
        foreach (string command in _plan.Commands)
        {
            foreach (int pipeline in _plan.Pipelines)
                cells.Add(RunCell(command, pipeline));
        }
        _progress.Clear();
        return new CompareRow(
            DateTime.UtcNow, Machine.Describe(), CommandLineText(), Row(_a), Row(_b),
            LoadRow.Of(_plan.Options), _a.EngineName, _plan.Rounds, [.. cells], memory);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _progress.Dispose();
        _a.Dispose();
        _b.Dispose();
        _floor?.Dispose();
    }

    private static ServerRow Row(Contender contender) => new(contender.Facts.Name, contender.Facts.Version, contender.Address.Text);

    private static string CommandLineText() => "fastkv-loadgen " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Select(Quote));

    private static string Quote(string word) => word.Length == 0 || word.AsSpan().IndexOfAny(" '{") >= 0 ? $"\"{word}\"" : word;

    private MemoryRow Preload()
    {
        (long aBefore, long bBefore) = (_a.ResidentBytes, _b.ResidentBytes);
        LoadPhase[] phases = _plan.Options.PreloadPhases();
        foreach (Contender contender in (Contender[])[_a, _b])
            Prepare(contender, phases, "preload");
        return new MemoryRow(aBefore, _a.ResidentBytes, bBefore, _b.ResidentBytes, phases.Sum(p => p.Requests));
    }

    private void Prepare(Contender contender, LoadPhase[] phases, string label)
    {
        foreach (LoadPhase phase in phases)
        {
            _progress.Show($"{label} {contender.Facts.Name}", p =>
            {
                contender.Prepare(phase, p);
                return 0;
            });
        }
    }

    private CellRow RunCell(string command, int pipeline)
    {
        LoadOptions options = _plan.Options;
        (RequestTemplate, double)[] commands = [(options.Template(command), 1)];
        string label = $"{command} P={pipeline}";
        Contender[] contenders = _floor is null ? [_a, _b] : [_a, _b, _floor];
        if (options.WarmUpSeconds > 0)
        {
            foreach (Contender contender in contenders)
                WarmUp(contender, commands, pipeline, label);
        }
        RoundRow[][] rows = [.. contenders.Select(_ => new RoundRow[_plan.Rounds])];
        for (int round = 0; round < _plan.Rounds; round++)
        {
            double seconds = _plan.RequestsPerRound > 0 ? 0 : options.DurationSeconds;
            LoadPhase phase = options.Phase(commands, pipeline, seconds, _plan.RequestsPerRound, options.Seed + (ulong)round + 1);
            for (int turn = 0; turn < contenders.Length; turn++)
            {
                int index = round % 2 == 0 ? turn : contenders.Length - 1 - turn;
                rows[index][round] = Measure(contenders[index], phase, label, round);
            }
        }
        return new CellRow(command, pipeline, rows[0], rows[1], rows.Length > 2 ? rows[2] : null);
    }

    /// <summary>The same load as that of the rounds. Rounds that end after some requests are repeated until the time is up.</summary>
    private void WarmUp(Contender contender, (RequestTemplate, double)[] commands, int pipeline, string label)
    {
        LoadOptions options = _plan.Options;
        double seconds = _plan.RequestsPerRound > 0 ? 0 : options.WarmUpSeconds;
        LoadPhase phase = options.Phase(commands, pipeline, seconds, _plan.RequestsPerRound, options.Seed);
        long start = Stopwatch.GetTimestamp();
        do
        {
            Prepare(contender, [.. _plan.BeforeRound.Select(options.PreloadPhase)], $"{label} warm-up");
            Prepare(contender, [phase], $"{label} warm-up");
        }
        while (_plan.RequestsPerRound > 0 && Stopwatch.GetElapsedTime(start).TotalSeconds < options.WarmUpSeconds);
    }

    private RoundRow Measure(Contender contender, LoadPhase phase, string label, int round)
    {
        if (_plan.BeforeRound.Length > 0)
        {
            // A server that frees or rehashes in the background gets the time for it, so that this is not charged to the round.
            Prepare(contender, [.. _plan.BeforeRound.Select(_plan.Options.PreloadPhase)], label);
            Thread.Sleep(SettleMs);
        }
        return _progress.Show($"{label} round {round + 1}/{_plan.Rounds} {contender.Facts.Name}", p => contender.Measure(phase, p));
    }
}
