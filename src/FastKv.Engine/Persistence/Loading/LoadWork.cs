namespace FastKv.Engine.Persistence.Loading;

/// <summary>Records or commands of a file that concern one partition. Data plane.</summary>
internal abstract class LoadWork
{
    /// <summary>Does it, or some milliseconds of it; by whoever runs the partition. Faults are told to the <see cref="LoadCrew"/>.</summary>
    /// <returns>False: there is more of it to do.</returns>
    public abstract bool Run();

    /// <summary>
    /// It has been run, or is passed over because the load has been given up: by whoever runs the partition, or, if it has not been begun, by the reader.
    /// </summary>
    public abstract void Recycle();
}
