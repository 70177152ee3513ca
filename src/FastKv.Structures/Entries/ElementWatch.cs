namespace FastKv.Structures;

/// <summary>
/// Hears of every element of a large hash, set or sorted set that changes, comes or goes, through <see cref="ValueHeap.Watch"/>. Data plane.
/// </summary>
/// <remarks>
/// Elements are native blocks, which <see cref="FrozenElements"/> reads. A change in place is a <see cref="BeforeChange"/> and an <see cref="Added"/>.
/// A value that is freed as a whole is not told element by element.
/// </remarks>
public abstract unsafe class ElementWatch
{
    /// <summary>An element, which is still as it was, will change or go.</summary>
    /// <param name="value">The native structure that the entry's pointer leads to.</param>
    /// <param name="element">The element's block.</param>
    /// <param name="isRemoved">Whether it goes.</param>
    public abstract void BeforeChange(byte* value, byte* element, bool isRemoved);

    /// <summary>An element has come, or has changed; it is in the value already.</summary>
    /// <param name="value">The native structure.</param>
    /// <param name="element">The element's block.</param>
    public abstract void Added(byte* value, byte* element);
}
