namespace FastKv.Engine.Persistence.Loading;

/// <summary>Records or commands of a file that concern one partition: some milliseconds of work at most, unless a single value is huge. Data plane.</summary>
internal abstract class LoadWork
{
    /// <summary>Does it; by whoever runs the partition. Faults are told to the <see cref="LoadCrew"/>.</summary>
    public abstract void Run();

    /// <summary>It has been run, or passed over because the load has been given up.</summary>
    public abstract void Recycle();
}
