/** A worker that never comes up. */
throw new Error('this module is broken')
